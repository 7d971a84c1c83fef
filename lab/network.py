"""The lab's own network: a bridge on this machine, where every address is fixed."""

from __future__ import annotations

from lab.engine import docker
from lab.layout import LABEL, NETWORK, SUBNET
from slipway.errors import SlipwayError


def ensure() -> None:
    """Create the network unless it exists. Raises SlipwayError when another one has its subnet."""
    if exists():
        return
    try:
        docker("network", "create", "--subnet", SUBNET, "--label", f"{LABEL}=network", NETWORK)
    except SlipwayError as error:
        raise SlipwayError(
            f"cannot have the network {SUBNET}: {error.what}",
            where=NETWORK,
            remedy="`ip -brief address` and `docker network ls` show who uses it; remove that",
        ) from error


def remove() -> None:
    """Remove the network; nothing happens if there is none."""
    if exists():
        docker("network", "rm", NETWORK)


def exists() -> bool:
    """Whether the engine has the lab's network."""
    return NETWORK in docker("network", "ls", "--format", "{{.Name}}").split()
