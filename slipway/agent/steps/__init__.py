"""The agent's steps, one in each file."""
