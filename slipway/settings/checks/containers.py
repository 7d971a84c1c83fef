"""Settings of containers that contradict each other, and names that two of them claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from slipway.settings.application import Accessory, Service
from slipway.settings.checks.references import containers
from slipway.settings.errors import Fault
from slipway.settings.schema import KeyPath
from slipway.settings.settings import Settings

RESERVED_NAME: Final = "proxy"  # of the proxy's own container
DOCKER_NETWORKS: Final = ("bridge", "default", "host", "ingress", "none")
RESERVED_PREFIX: Final = "SLIPWAY_"  # of the variables that every container is given
PORTED: Final = ("http", "tcp", "postgres", "redis", "oidc")
ONLY_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("http", "oidc"),
    "status": ("http",),
    "body": ("http",),
    "expect": ("http",),
    "host": ("http",),
    "issuer": ("oidc",),
    "command": ("command",),
}


def faults(settings: Settings) -> Iterator[Fault]:
    """Faults within services and accessories, and between them."""
    for path, container in containers(settings):
        yield from _health(path, container)
        yield from _environment(path, container)
    yield from chain(_names(settings), _domains(settings), _default_service(settings))


def _health(path: KeyPath, container: Service | Accessory) -> Iterator[Fault]:
    health = container.health
    at = (*path, "health")
    if health.kind in PORTED and container.port is None:
        yield Fault(
            (*at, "kind"), f"`{health.kind}` needs a port", "Set `port`, or use another kind."
        )
    if health.kind == "command" and not health.command:
        yield Fault((*at, "command"), "is required", "For example: `command: [pg_isready]`.")
    for key, kinds in ONLY_FOR.items():
        if key in health.model_fields_set and health.kind not in kinds:
            names = " and ".join(f"`{kind}`" for kind in kinds)
            remedy = f"Remove it, or write `kind: {kinds[0]}`."
            yield Fault((*at, key), f"is only for kind {names}", remedy)
    if health.timeout > health.deadline:
        yield Fault(
            (*at, "timeout"), "is longer than `deadline`", "One attempt must fit into the deadline."
        )


def _environment(path: KeyPath, container: Service | Accessory) -> Iterator[Fault]:
    remedy = f"`{RESERVED_PREFIX}` names are set by Slipway: choose another."
    for name in container.environment:
        if name in container.secrets:
            what, way_out = "is also one of the secrets", "Remove it here or from `secrets`."
            yield Fault((*path, "environment", name), what, way_out)
        if name.startswith(RESERVED_PREFIX):
            yield Fault((*path, "environment", name), "is reserved", remedy)
    for index, name in enumerate(container.secrets):
        if name in container.secrets[:index]:
            yield Fault((*path, "secrets", index), f"`{name}` is listed twice", "Remove one.")
        if name.startswith(RESERVED_PREFIX):
            yield Fault((*path, "secrets", index), "is reserved", remedy)


def _names(settings: Settings) -> Iterator[Fault]:
    if settings.application.name in DOCKER_NETWORKS:
        what = "is the name of a network of Docker's own"
        yield Fault(("application", "name"), what, "Choose another name.")
    for path, _ in containers(settings):
        kind, name = path[1:]
        if name == RESERVED_NAME:
            yield Fault(path, "is the name of Slipway's own proxy", "Choose another name.")
        if kind == "accessories" and name in settings.application.services:
            yield Fault(path, "is also the name of a service", "Give one of them another name.")


def _domains(settings: Settings) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for name, service in settings.application.services.items():
        at = ("application", "services", name, "domains")
        if service.domains and service.port is None:
            yield Fault(at, "needs a port", "Set the service's `port`, or remove the domains.")
        for index, domain in enumerate(service.domains):
            if domain in owners:
                what = f"`{domain}` already belongs to `{owners[domain]}`"
                yield Fault((*at, index), what, "A domain leads to one service: remove one.")
            owners.setdefault(domain, name)


def _default_service(settings: Settings) -> Iterator[Fault]:
    services = settings.application.services.items()
    defaults = [name for name, each in services if each.port is not None and not each.domains]
    for name in defaults[1:]:
        yield Fault(
            ("application", "services", name, "domains"),
            f"is required, because `{defaults[0]}` has a port and no domain too",
            "Only one service can get the requests that no domain matches.",
        )
