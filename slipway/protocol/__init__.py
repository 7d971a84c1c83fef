"""The protocol between program and agent: typed requests and answers, used by both sides.

Standard library only, compatible with Python 3.9: the agent on the servers uses this package too.
"""
