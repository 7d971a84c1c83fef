"""Faults injected into rollouts under load, and what must come of each."""
