"""Faults injected into rollouts on purpose, under load, and what must come of each."""
