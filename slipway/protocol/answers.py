"""The agent's answers: one dataclass for a step, or for several steps with the same answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from slipway.rollout.context import RolloutContext
from slipway.rollout.state import Phase
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import Vote


@dataclass(frozen=True)
class Running:
    """A release on a server."""

    release: str  # id
    version: str
    images: Mapping[str, str]  # by service
    since: float  # seconds since the epoch at which it was committed; 0 if it was not

    def __str__(self) -> str:
        return f"{self.version} ({self.release})"


@dataclass(frozen=True)
class RolloutAnswer:
    """The result of a step of a rollout."""

    step: Step
    server: str
    release: str  # id
    phase: Phase
    vote: Vote
    changed: bool
    serving: Optional[Running]
    switch_seconds: float  # duration of the last change of weights
    seconds: float  # duration of the step
    warnings: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class MigrateAnswer:
    """The result of the step, and what has run."""

    result: RolloutAnswer
    ran: tuple[str, ...]  # ids of the release's commands on this database


@dataclass(frozen=True)
class Fault:
    """An error of a step, without its secrets."""

    what: str
    where: str
    remedy: str


@dataclass(frozen=True)
class IncidentReport:
    """The first fault of a rollout on one server."""

    transaction: str
    server: str
    step: Step
    release: str  # id of the new release
    before: str  # the release that served; empty for none
    time: float  # seconds since the epoch
    fault: Fault
    log: tuple[str, ...]  # the last lines of the container that failed


@dataclass(frozen=True)
class TimelineEntry:
    """One action of a rollout on one server."""

    time: float  # seconds since the epoch
    step: str
    action: str
    outcome: str


@dataclass(frozen=True)
class AbortAnswer:
    """How the rollout ended here, and why, if it failed here."""

    result: RolloutAnswer
    incident: Optional[IncidentReport]
    timeline: tuple[TimelineEntry, ...]


@dataclass(frozen=True)
class ResolveAnswer:
    """The server's status after a person's decision."""

    phase: Phase
    serving: Optional[Running]


@dataclass(frozen=True)
class PreflightAnswer:
    """A rollout could succeed here."""

    engine: str  # version of Docker
    python: str  # version
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class AccessoryAnswer:
    """The accessory runs as defined."""

    accessory: str
    container: str
    changed: bool
    data: str  # id of the data in its volumes; empty without volumes


@dataclass(frozen=True)
class AccessoryReport:
    """An accessory on its server."""

    context: str  # what its last successful step was planned on
    starts: int  # how often its step has run, failures included
    data: str  # id of the data in its volumes; empty where it has no volume
    problem: str  # empty when it runs and its step succeeded


@dataclass(frozen=True)
class ContainerReport:
    """A container of a service."""

    name: str
    service: str
    replica: int
    release: str  # id
    image: str
    state: str  # as Docker reports it
    health: Optional[str]  # as Docker reports it; None for an image without a health check
    fault: str  # empty when it is healthy
    restarts: int


@dataclass(frozen=True)
class LockReport:
    """The lock of a server."""

    owner: str
    reason: str
    since: float  # seconds since the epoch
    until: Optional[float]  # seconds since the epoch; None: until it is unlocked


@dataclass(frozen=True)
class StatusAnswer:
    """What runs here, and its problems."""

    agent: str  # content hash
    epoch: int  # rollouts begun here
    phase: Phase
    serving: Optional[Running]
    previous: Optional[Running]
    candidate: Optional[Running]
    warm: bool  # whether the previous release's containers still run
    context: Optional[RolloutContext]  # of the rollout that committed the serving release
    ran: tuple[str, ...]  # ids of commands that have run once on a database
    problems: tuple[str, ...]  # drift: differences from what that rollout left
    warnings: tuple[str, ...]  # what will become a problem
    accessories: Mapping[str, AccessoryReport]
    containers: tuple[ContainerReport, ...]
    lock: Optional[LockReport]
    starts_at_boot: bool  # whether the crontab has the line that starts the watchdog


@dataclass(frozen=True)
class Finding:
    """The result of one check. `detail` says what is wrong, or what was found."""

    part: str  # "web-1", "postgres", "proxy"
    check: str  # "container", "ready", "smoke", "log", "proxy"
    ok: bool
    detail: str


@dataclass(frozen=True)
class DiagnoseAnswer:
    """The results of all checks."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class LogsAnswer:
    """Lines by container name, oldest first."""

    logs: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class LockAnswer:
    """The lock before and after."""

    before: Optional[LockReport]
    after: Optional[LockReport]
