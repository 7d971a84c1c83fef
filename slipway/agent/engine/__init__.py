"""Docker Engine: its API, containers, images."""
