"""Offline provider plugins, and a simulator of GitHub."""
