"""The present state of servers, registry and source. Read-only."""
