"""What to deploy and how: digests, placement, requests, limits. Pure."""
