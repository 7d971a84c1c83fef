"""The agent's files."""
