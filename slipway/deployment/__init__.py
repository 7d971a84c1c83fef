"""What to do: digests, placement, requests, limits. Pure."""
