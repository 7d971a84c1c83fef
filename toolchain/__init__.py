"""What Slipway needs on this machine, in one cache folder: Python packages, Pulumi, its plugins.

Standard library only: it runs with a bare `python3`, before any virtual environment exists.
"""
