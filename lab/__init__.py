"""Servers and a registry on this machine: all that a deployment needs, nothing from outside."""
