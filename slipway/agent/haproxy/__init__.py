"""The proxy: its container, its configuration, its socket."""
