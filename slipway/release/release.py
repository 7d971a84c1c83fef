"""What is rolled out, and rolled back, as one immutable value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from slipway.values import MISSING, Field, dataclass, field, fields, is_dataclass

SETTINGS = ("version", "application", "overrides")
"""What of a stack's configuration makes a release; the rest says where and how it runs."""

ID_LENGTH = 12  # hexadecimal digits: 48 bits, ample for the releases of one application


@dataclass(frozen=True)
class Health:
    """How a container of a service is known to be ready.

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
    issuer: str | None = None
    command: tuple[str, ...] = ()
    timeout: float = 2.0  # seconds, for one try
    interval: float = 0.25  # seconds between tries
    deadline: float = 60.0  # seconds from the container's start until it must be ready


@dataclass(frozen=True)
class Limits:
    """Resources that one container may use; None means no limit."""

    memory: int | None = None  # bytes
    cpus: float | None = None


@dataclass(frozen=True)
class Service:
    """Containers that a rollout replaces; a service with a port stands behind the proxy."""

    name: str
    image: str  # always by digest: REGISTRY/NAME@sha256:...
    command: tuple[str, ...] = ()
    port: int | None = None
    domains: tuple[str, ...] = ()  # empty: the proxy's default
    replicas: int = 1  # containers on each server
    order: str = "start-first"  # or "stop-first": how one without a port is replaced
    health: Health = field(default_factory=Health)
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()  # names; the values travel beside the release
    limits: Limits = field(default_factory=Limits)
    stop_grace: float = 10.0  # seconds between SIGTERM and SIGKILL


@dataclass(frozen=True)
class Migration:
    """A command run once, in one container of a service's new image, before any traffic moves."""

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
    migration: Migration | None = None
    smoke: tuple[Smoke, ...] = ()
    secrets_digest: str = ""  # of all secret values together, by a slow hash

    @cached_property
    def id(self) -> str:
        """The same content has the same id, everywhere, and in later versions of this program.

        What has its default does not count: a field that is new here changes no release of before.
        """
        text = json.dumps(self._content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]

    @property
    def images(self) -> Mapping[str, str]:
        """Image reference by service name."""
        return {service.name: service.image for service in self.services}

    def to_dict(self) -> Mapping[str, Any]:
        """A JSON-ready form that `from_dict` reads back to an equal release."""
        return self._content

    @cached_property
    def _content(self) -> Mapping[str, Any]:
        content: Mapping[str, Any] = _told(self)
        return content

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Release:
        """Raises KeyError or TypeError for anything that `to_dict` did not write."""
        migration = data.get("migration")
        return cls(
            application=data["application"],
            version=data["version"],
            services=tuple(_service(each) for each in data["services"]),
            migration=_migration(migration) if migration else None,
            smoke=tuple(Smoke(**each) for each in data.get("smoke", ())),
            secrets_digest=data.get("secrets_digest", ""),
        )


def _told(value: Any) -> Any:
    """The JSON-ready form of a value; of a dataclass, the fields that differ from their defaults.

    Defaults therefore stay what they are for good: servers keep releases in this form.
    """
    if is_dataclass(value):
        return {
            each.name: _told(getattr(value, each.name))
            for each in fields(value)
            if getattr(value, each.name) != _default(each)
        }
    if isinstance(value, tuple):
        return [_told(each) for each in value]
    return value


def _default(each: Field[Any]) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()


def _service(data: Mapping[str, Any]) -> Service:
    health = dict(data.get("health", {}))
    return Service(
        **dict(
            data,
            command=tuple(data.get("command", ())),
            domains=tuple(data.get("domains", ())),
            secrets=tuple(data.get("secrets", ())),
            health=Health(**dict(health, command=tuple(health.get("command", ())))),
            limits=Limits(**data.get("limits", {})),
        )
    )


def _migration(data: Mapping[str, Any]) -> Migration:
    return Migration(**dict(data, command=tuple(data["command"])))
