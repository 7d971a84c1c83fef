"""The application's network on a server."""

from __future__ import annotations

import ipaddress
from typing import Any, Optional

from slipway.agent.engine.client import Engine
from slipway.errors import SlipwayError


def ensure_network(engine: Engine, name: str, subnet: str) -> None:
    """Create the bridge network if it is missing; Docker assigns the upper half of its addresses.

    Raises SlipwayError where a network of that name has another subnet.
    """
    found: Optional[dict[str, Any]] = engine.find(f"/networks/{name}")
    if found is None:
        upper = list(ipaddress.ip_network(subnet).subnets())[1]
        pool = {"Subnet": subnet, "IPRange": str(upper)}
        labels = {"slipway.application": name}
        engine.post(
            "/networks/create",
            {
                "Name": name,
                "Driver": "bridge",
                "CheckDuplicate": True,
                "IPAM": {"Config": [pool]},
                "Labels": labels,
            },
        )
        return
    actual = [each.get("Subnet") for each in found["IPAM"]["Config"] or ()]
    if subnet not in actual:
        raise SlipwayError(
            f"network {name} has the subnet {', '.join(map(str, actual))}, not {subnet}",
            where="proxy/network",
            remedy=f"Configure it, or remove all containers and `docker network rm {name}`",
        )
