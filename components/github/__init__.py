"""The Pulumi components for GitHub."""
