"""The offline `command` plugin: commands and copies over SSH, and local commands."""
