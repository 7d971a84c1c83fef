"""Releases, plans and the rollout state machine: pure values, no input or output.

Standard library only, compatible with Python 3.9: the agent on the servers uses this package too.
"""
