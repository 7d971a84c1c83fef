"""Pulumi's stacks: history, state, updates."""
