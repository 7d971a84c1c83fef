"""What a step is asked to do: one JSON object, checked before anything happens."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from typing import Any

from slipway.agent.containers import Place
from slipway.agent.images import Registry
from slipway.errors import SlipwayError
from slipway.release.basis import Basis
from slipway.release.release import Release
from slipway.release.state import Keeping, Proxy, ballot
from slipway.release.watch import Watch
from slipway.values import dataclass, field

LARGEST = 4 * 1024 * 1024  # bytes of a request
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")


@dataclass(frozen=True)
class Rollout:
    """Who rolls out, why, and how."""

    owner: str = "somebody"
    basis: Basis = field(default_factory=Basis)
    weight: int = 100  # per cent of the traffic, of a switch
    pause: float = 0.0  # seconds before a switch
    bake: float = 2.0  # seconds
    lease: float = 600.0  # seconds that the lock outlives a step
    keeping: Keeping = field(default_factory=Keeping)
    evidence: bool = False  # another server of the rollout has gone back, of an abort
    watch: Watch = field(default_factory=Watch)


@dataclass(frozen=True)
class Request:
    """One call of the agent."""

    application: str
    server: str
    environment: str = ""
    release_id: str = ""
    release: Release | None = None  # whole for preflight and stage only
    secrets: Mapping[str, str] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    registry: Registry = field(default_factory=lambda: Registry(""))
    proxy: Proxy | None = None
    certificate: str = ""  # of the proxy, with its key
    rollout: Rollout = field(default_factory=Rollout)
    extra: Mapping[str, Any] = field(default_factory=dict)  # what one step alone takes

    @property
    def place(self) -> Place:
        return Place(self.application, self.server, self.hosts, self.secrets)

    @property
    def confidential(self) -> tuple[str, ...]:
        """Every value that must not be printed."""
        return tuple(
            str(v) for v in (*self.secrets.values(), self.registry.password, self.certificate) if v
        )

    @property
    def ballot(self) -> str:
        return ballot(self.rollout.basis.token, self.release_id)

    def whole_release(self) -> Release:
        """Raises SlipwayError for a request that names its release only."""
        if self.release is None:
            raise SlipwayError(
                "the step needs the whole release",
                where="release",
                remedy="Send it, not only its id",
            )
        return self.release

    def proxy_settings(self) -> Proxy:
        if self.proxy is None:
            raise SlipwayError(
                "the step needs the proxy's settings", where="proxy", remedy="Send them"
            )
        return self.proxy


def parse(text: str) -> Request:
    """Raises SlipwayError for what is not a request."""
    if len(text) > LARGEST:
        raise SlipwayError(f"it is larger than {LARGEST} bytes", where="request")
    try:
        data: dict[str, Any] = json.loads(text)
        return _request(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        fault = (
            f"{type(error).__name__}: {error}"
            if not isinstance(error, ValueError)
            else "it is not JSON"
        )
        raise SlipwayError(
            f"cannot be understood ({fault})",
            where="request",
            remedy="Use the agent that this program brought",
        ) from None


def _request(data: dict[str, Any]) -> Request:
    application = data["application"]
    if not NAME.match(application):
        raise SlipwayError(
            f"{application!r} is no name", where="application", remedy="Use a-z, 0-9 and -"
        )
    release = data.get("release") or {}
    proxy = data.get("proxy")
    return Request(
        application=application,
        server=data.get("server") or socket.gethostname(),
        environment=data.get("environment", ""),
        release_id=release.get("id", ""),
        release=_release(release, application) if "services" in release else None,
        secrets=data.get("secrets") or {},
        hosts=data.get("hosts") or {},
        registry=Registry(**_known(Registry, data.get("registry") or {"address": ""})),
        proxy=Proxy(**_known(Proxy, proxy)) if proxy else None,
        certificate=data.get("certificate") or "",
        rollout=_rollout(data.get("rollout") or {}),
        extra=data,
    )


def _rollout(data: Mapping[str, Any]) -> Rollout:
    known = _known(Rollout, data)
    if "keeping" in known:
        known["keeping"] = Keeping(**_known(Keeping, known["keeping"]))
    watch = Watch(**_known(Watch, known.get("watch") or {}))
    return Rollout(**dict(known, basis=Basis.from_dict(known.get("basis")), watch=watch))


def _known(kind: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """What this agent knows of a part that later programs may add to."""
    return {name: data[name] for name in kind.__dataclass_fields__ if name in data}


def _release(data: Mapping[str, Any], application: str) -> Release:
    release = Release.from_dict(data)
    if data.get("id", release.id) != release.id:
        raise SlipwayError(
            f"its id is {data['id']} but its content has {release.id}",
            where="release",
            remedy="Use the agent that this program brought",
        )
    if release.application != application:
        raise SlipwayError(
            f"it belongs to {release.application}, not to {application}", where="release"
        )
    return release
