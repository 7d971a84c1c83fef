"""GitHub's nouns."""
