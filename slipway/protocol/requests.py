"""The program's requests to the agent on a server: one dataclass for each step.

Every field is sent with every request; none has a default. A printed request shows no secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from slipway.rollout.context import RolloutContext
from slipway.rollout.release import Health, Limits, Release
from slipway.rollout.state import Proxy, Retention
from slipway.rollout.two_phase_commit import Decision, transaction_id
from slipway.rollout.watch import Watch


@dataclass(frozen=True)
class Target:
    """The receiver of a request: one application's environment on one server."""

    application: str
    environment: str
    server: str


@dataclass(frozen=True)
class Rollout:
    """The rollout that a step belongs to."""

    release: str  # id
    version: str
    context: RolloutContext
    lease: float  # seconds that a server waits for the next step before it goes back by itself
    retention: Retention

    @property
    def transaction(self) -> str:
        return transaction_id(self.context.rollout_id, self.release)


@dataclass(frozen=True)
class RegistryLogin:
    """The registry that images are pulled from. Without a user name it needs no login."""

    address: str
    username: Optional[str]
    password: Optional[str] = field(repr=False)


@dataclass(frozen=True)
class AccessoryDefinition:
    """A database or a queue. Services reach it by its name on the application's network."""

    name: str
    image: str
    command: tuple[str, ...]
    port: Optional[int]
    publish_address: Optional[str]  # of this server, for services on other servers
    environment: Mapping[str, str]
    secrets: tuple[str, ...]  # names
    volumes: Mapping[str, str]  # path in the container by name
    health: Health
    limits: Limits
    stop_grace: float  # seconds between SIGTERM and SIGKILL


@dataclass(frozen=True)
class PreflightRequest:
    """Check whether this rollout could succeed here."""

    target: Target
    rollout: Rollout
    registry: RegistryLogin
    proxy: Proxy
    certificate: str = field(repr=False)  # PEM with its key; empty without HTTPS
    disk_free: int  # bytes
    images: tuple[str, ...]  # to be pulled, by digest
    domains: tuple[str, ...]  # that the certificate must cover


@dataclass(frozen=True)
class AccessoryRequest:
    """Make an accessory run as defined; its data stays."""

    target: Target
    context: str  # what the step was planned on; reported back by `status`
    accessory: AccessoryDefinition
    secrets: Mapping[str, str] = field(repr=False)
    registry: RegistryLogin
    network: str  # of the application's containers, in CIDR notation


@dataclass(frozen=True)
class PullRequest:
    """Begin the rollout of a release: pull its images."""

    target: Target
    rollout: Rollout
    release: Release
    registry: RegistryLogin
    proxy: Proxy


@dataclass(frozen=True)
class MigrateRequest:
    """Run the release's commands that have not run on this database."""

    target: Target
    rollout: Rollout
    database: str  # id of the data that the release finds
    secrets: Mapping[str, str] = field(repr=False)
    hosts: Mapping[str, str]  # addresses of accessories on other servers, by name


@dataclass(frozen=True)
class StartRequest:
    """Make a release ready beside the one that serves; its migration has run."""

    target: Target
    rollout: Rollout
    database: str  # as in MigrateRequest
    secrets: Mapping[str, str] = field(repr=False)
    hosts: Mapping[str, str]  # addresses of accessories on other servers, by name
    certificate: str = field(repr=False)  # PEM with its key; empty without HTTPS


@dataclass(frozen=True)
class SmokeRequest:
    """Send the smoke tests to the release before it has traffic."""

    target: Target
    rollout: Rollout


@dataclass(frozen=True)
class SwitchRequest:
    """Give the release a share of the traffic, and watch it."""

    target: Target
    rollout: Rollout
    weight: int  # per cent
    pause: float  # seconds before
    bake: float  # seconds after
    watch: Watch


@dataclass(frozen=True)
class PrepareRequest:
    """Vote in two-phase commit."""

    target: Target
    rollout: Rollout


@dataclass(frozen=True)
class CommitRequest:
    """Every server of the rollout is prepared: commit."""

    target: Target
    rollout: Rollout


@dataclass(frozen=True)
class AbortRequest:
    """Go back to the release from before."""

    target: Target
    rollout: Rollout
    peer_aborted: bool  # another server of the rollout has gone back


@dataclass(frozen=True)
class ResolveRequest:
    """A person's decision for a prepared server that cannot get the others' votes."""

    target: Target
    decision: Decision


@dataclass(frozen=True)
class StatusRequest:
    """Report what runs here."""

    target: Target


@dataclass(frozen=True)
class DiagnoseRequest:
    """Check everything that runs here."""

    target: Target
    service: str  # or accessory; empty for all
    minutes: float  # of logs to read; 0: none


@dataclass(frozen=True)
class LogsRequest:
    """The last `lines` of a service's or an accessory's containers."""

    target: Target
    service: str
    lines: int


@dataclass(frozen=True)
class LockRequest:
    """Refuse rollouts of others than `owner`."""

    target: Target
    owner: str
    reason: str
    seconds: Optional[float]  # None: until `unlock`


@dataclass(frozen=True)
class UnlockRequest:
    """Remove the lock, whoever holds it."""

    target: Target


SHORTEST_SECRET = 3
"""Characters of a secret that is masked; shorter ones are in every other word."""


def confidential(request: Any) -> tuple[str, ...]:
    """Every secret value in a request; none may be printed."""
    values = list(getattr(request, "secrets", {}).values())
    values += [getattr(request, "certificate", "")]
    registry: Optional[RegistryLogin] = getattr(request, "registry", None)
    values += [registry.password or ""] if registry else []
    return tuple(value for value in values if value)
