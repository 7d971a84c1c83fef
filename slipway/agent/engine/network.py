"""The application's own network on a server."""

from __future__ import annotations

import ipaddress
from typing import Any, Optional

from slipway.agent.engine.client import Engine
from slipway.errors import SlipwayError


def ensure_network(engine: Engine, name: str, subnet: str) -> None:
    """A bridge. Addresses in its upper half are the engine's to give.

    Raises SlipwayError where there is one of that name with another subnet.
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
            f"network {name} is {', '.join(map(str, actual))}, not {subnet}",
            where="proxy/network",
            remedy=f"Configure that one, or remove all containers and `docker network rm {name}`",
        )
