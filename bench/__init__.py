"""Times deliveries on the lab and sets them beside the bare steps and other tools: `make bench`."""
