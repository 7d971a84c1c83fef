"""Releases, plans and the rollout state machine: pure values, no input or output.

Standard library only and fit for Python 3.9, because the agent on the servers carries this package.
"""
