"""The offline `command` plugin: commands and copies over SSH, commands on this machine."""
