"""Slipway: what the deployment program is made of; importable without Pulumi."""
