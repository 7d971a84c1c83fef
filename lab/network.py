"""The lab's network: a bridge on this machine with fixed addresses."""

from __future__ import annotations

from lab.engine import docker
from lab.layout import LABEL, NETWORK, SUBNET
from slipway.errors import SlipwayError


def ensure() -> None:
    """Create the network unless it exists. Raises SlipwayError when its subnet is in use."""
    if exists():
        return
    try:
        docker("network", "create", "--subnet", SUBNET, "--label", f"{LABEL}=network", NETWORK)
    except SlipwayError as error:
        raise SlipwayError(
            f"cannot create the network {SUBNET}: {error.what}",
            where=NETWORK,
            remedy="Remove what uses it: `ip -brief address` and `docker network ls` show that",
        ) from error


def remove() -> None:
    """Remove the network, if it exists."""
    if exists():
        docker("network", "rm", NETWORK)


def exists() -> bool:
    """Whether the engine has the lab's network."""
    return NETWORK in docker("network", "ls", "--format", "{{.Name}}").split()
