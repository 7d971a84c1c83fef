"""What the agent can be asked to do, one step a file."""
