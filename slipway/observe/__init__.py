"""What is: servers, registry, source. Read-only."""
