"""The Pulumi vocabulary of a deployment, one noun a file."""
