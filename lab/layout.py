"""Names and fixed addresses of everything in the lab, as pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from slipway.errors import SlipwayError

Environment = Literal["staging", "production"]

LABEL: Final = "slipway.lab"
NETWORK: Final = "slipway-lab"
SUBNET: Final = "10.88.0.0/24"
REGISTRY_ADDRESS: Final = "10.88.0.2"
REGISTRY: Final = f"{REGISTRY_ADDRESS}:5000"
REGISTRY_CONTAINER: Final = "slipway-lab-registry"
USER: Final = "deploy"

LARGEST: Final[dict[Environment, int]] = {"staging": 6, "production": 15}
_FIRST_HOST: Final[dict[Environment, int]] = {"staging": 11, "production": 21}


@dataclass(frozen=True)
class Server:
    """One server of the lab, such as `production-2` at 10.88.0.22."""

    name: str
    address: str

    @property
    def container(self) -> str:
        """Its container in the machine's engine."""
        return f"slipway-lab-{self.name}"

    @property
    def volume(self) -> str:
        """Where its engine keeps images, containers and volumes."""
        return f"{self.container}-docker"


def environment_servers(environment: Environment, count: int) -> list[Server]:
    """The first `count` servers of an environment. Raises SlipwayError beyond its largest size."""
    if not 0 <= count <= LARGEST[environment]:
        raise SlipwayError(
            f"the lab has no room for {count} servers",
            where=f"--{environment}",
            remedy=f"Ask for 0 to {LARGEST[environment]}",
        )
    first = _FIRST_HOST[environment]
    return [
        Server(f"{environment}-{number + 1}", f"10.88.0.{first + number}")
        for number in range(count)
    ]


def servers(staging: int = 1, production: int = 3) -> list[Server]:
    """The lab's servers, staging first."""
    return environment_servers("staging", staging) + environment_servers("production", production)


def all_servers() -> list[Server]:
    """Every server that the lab can have."""
    return servers(LARGEST["staging"], LARGEST["production"])


def find(name: str) -> Server:
    """The server of that name. Raises SlipwayError for a name that no server has."""
    known = {server.name: server for server in all_servers()}
    if name not in known:
        raise SlipwayError(f"no server is called {name!r}", remedy=f"Known: {', '.join(known)}")
    return known[name]
