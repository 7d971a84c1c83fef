"""Everything that a deployment depends on beside the settings, queried concurrently."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.observe.registry import Credentials, Published, Registry
from slipway.observe.servers import statuses
from slipway.observe.source import Source, source
from slipway.observe.status import Status
from slipway.protocol.installation import Installation
from slipway.settings import Settings
from slipway.ssh import Host

Resources = Mapping[str, Mapping[str, Any]]
"""The resources in the state of a stack, by URN."""


@dataclass(frozen=True)
class Observed:
    """The present state of everything that a deployment depends on."""

    servers: Mapping[str, Status]
    published: Published
    """What the registry has."""
    state: Resources
    """Of this stack, as its last update left it."""
    promoted_state: Resources | None
    """Of the stack that this one promotes from, if it does."""
    sources: Mapping[str, Source]
    """Commit and branch of each image's folder."""


def observe(
    settings: Settings,
    environment: str,
    registry: Registry,
    read_state: Callable[[str], Resources],
) -> Observed:
    """Query servers, registry, stacks and git; nothing is changed.

    `read_state` returns the resources of a stack by its name, and is called in this thread. Raises
    SlipwayError naming every server that cannot be used, and for a state that cannot be read. A
    registry that does not answer is recorded in `published.fault`: a rollback needs no registry.
    """
    application, origin = settings.application, settings.promote_from
    installation = Installation(application.name, environment)
    skew = settings.preflight.clock_skew
    with ThreadPoolExecutor() as pool:
        servers = pool.submit(statuses, installation, hosts(settings), skew)
        published = pool.submit(
            registry.published, list(application.images), settings.version, tags=not settings.builds
        )
        contexts = {
            name: pool.submit(source, Path(i.context)) for name, i in application.images.items()
        }
        state = read_state(environment)
        promoted_state = read_state(origin) if origin else None
    return Observed(
        servers=servers.result(),
        published=published.result(),
        state=state,
        promoted_state=promoted_state,
        sources={name: each.result() for name, each in contexts.items()},
    )


def open_registry(settings: Settings) -> Registry:
    """The registry of the settings, with their login."""
    registry = settings.registry
    return Registry(registry.address, insecure=registry.insecure, credentials=credentials(settings))


def credentials(settings: Settings) -> Credentials | None:
    """The login for the registry; None if it needs none."""
    registry = settings.registry
    if registry.username is None or registry.password is None:
        return None
    return Credentials(registry.username, settings.secrets[registry.password].get_secret_value())


def hosts(settings: Settings) -> dict[str, Host]:
    """The servers of the settings by name, in their order."""
    return {
        name: Host(name, server.host, server.host_key, server.user, server.port)
        for name, server in settings.servers.items()
    }
