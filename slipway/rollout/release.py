"""A release as one immutable value: what is rolled out, and rolled back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import Any, Optional

SETTINGS = ("version", "application", "overrides")
"""The keys of a stack's configuration that define a release, not where and how it runs."""

ID_LENGTH = 12  # hexadecimal digits: 48 bits, ample for the releases of one application


@dataclass(frozen=True)
class Health:
    """The readiness check of a container.

    `kind` is `http` (GET `path` answers `status`, with the text `body` in it and the values of
    `expect` at dotted paths of its JSON), `tcp` (the port accepts), `postgres`, `redis` (it takes
    connections), `oidc` (discovery below `path`, as `issuer`, with keys), `command` (exits 0 inside
    the container), or `container` (Docker's own health check, or merely running where the image has
    none).
    """

    kind: str = "container"
    path: str = "/"
    status: int = 200
    body: str = ""
    expect: Mapping[str, Any] = field(default_factory=dict)
    issuer: Optional[str] = None
    command: tuple[str, ...] = ()
    timeout: float = 2.0  # seconds, for one try
    interval: float = 0.25  # seconds between tries
    deadline: float = 60.0  # seconds from the container's start until it must be ready
    host: Optional[str] = None  # the Host header of `http`; None: the service's first domain


@dataclass(frozen=True)
class Limits:
    """Resources that one container may use; None means no limit."""

    memory: Optional[int] = None  # bytes
    cpus: Optional[float] = None


@dataclass(frozen=True)
class Service:
    """Containers that a rollout replaces; the proxy routes to a service with a port."""

    name: str
    image: str  # always by digest: REGISTRY/NAME@sha256:...
    command: tuple[str, ...] = ()
    port: Optional[int] = None
    domains: tuple[str, ...] = ()  # empty: the proxy's default
    replicas: int = 1  # containers on each server
    order: str = "start-first"  # or "stop-first": how one without a port is replaced
    health: Health = field(default_factory=Health)
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()  # names; the values are not a part of the release
    limits: Limits = field(default_factory=Limits)
    stop_grace: float = 10.0  # seconds between SIGTERM and SIGKILL

    @property
    def host(self) -> str:
        """The Host header of requests that are made like a user's."""
        return self.domains[0] if self.domains else "localhost"

    @property
    def checked_host(self) -> str:
        """The Host header of its health check."""
        return self.health.host or self.host


@dataclass(frozen=True)
class Task:
    """A command run to its end in one container of a service's image."""

    service: str
    command: tuple[str, ...]
    timeout: float = 300.0  # seconds


@dataclass(frozen=True)
class Smoke:
    """A request through the proxy and the answer it must get, before the switch and after it."""

    service: str
    path: str = "/"
    method: str = "GET"
    status: int = 200
    body: str = ""  # text that the answer contains
    expect: Mapping[str, Any] = field(default_factory=dict)  # values by dotted path of its JSON
    timeout: float = 5.0  # seconds, for one try
    retries: int = 2

    def __str__(self) -> str:
        return f"{self.method} {self.path} of {self.service}"


@dataclass(frozen=True)
class Release:
    """Version, image digests, service definitions, and the digest of the secrets they use."""

    application: str
    version: str
    services: tuple[Service, ...]
    migration: Optional[Task] = None  # once for its image and command on a database
    smoke: tuple[Smoke, ...] = ()
    secrets_digest: str = ""  # of all secret values together, by a slow hash
    setup: Optional[Task] = None  # once on a database, after its first migration

    @cached_property
    def id(self) -> str:
        """The same content has the same id, everywhere, and in later versions of this program.

        Fields with their default value do not count, so that a new field changes no existing id.
        """
        text = json.dumps(_hashed(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]

    @property
    def images(self) -> Mapping[str, str]:
        """Image reference by service name."""
        return {service.name: service.image for service in self.services}


def _hashed(value: Any) -> Any:
    """The parts of a value that count for the id: of a dataclass, what differs from its defaults.

    Therefore defaults must never change.
    """
    if is_dataclass(value):
        return {
            each.name: _hashed(getattr(value, each.name))
            for each in fields(value)
            if getattr(value, each.name) != _default(each)
        }
    if isinstance(value, tuple):
        return [_hashed(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 20 and 20.0 are equal, and JSON readers differ in which they give
    return value


def _default(each: Field[Any]) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()
