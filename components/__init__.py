"""The Pulumi components of a deployment, one in each file."""
