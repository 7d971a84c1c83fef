"""What program and agent say to each other: typed requests and answers, used by both sides.

Standard library only and fit for Python 3.9, because the agent on the servers carries this package.
"""
