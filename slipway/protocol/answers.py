"""What the agent on a server answers: one dataclass a step, or one for several alike."""

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
    """A release as a server knows it."""

    release: str  # id
    version: str
    images: Mapping[str, str]  # by service
    since: float  # seconds since the epoch at which it was committed; 0 if it was not

    def __str__(self) -> str:
        return f"{self.version} ({self.release})"


@dataclass(frozen=True)
class RolloutAnswer:
    """What a step of a rollout came to."""

    step: Step
    server: str
    release: str  # id of the one that the step was about
    phase: Phase
    vote: Vote
    changed: bool
    serving: Optional[Running]
    switch_seconds: float  # that the last shift of traffic took
    seconds: float  # that the step took
    warnings: tuple[str, ...]
    note: str


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
    release: str  # id of the one that was rolled out
    before: str  # what served; empty for nothing
    time: float  # seconds since the epoch
    fault: Fault
    log: tuple[str, ...]  # the end of that of the container that failed


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
    """What a person's decision came to."""

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


@dataclass(frozen=True)
class AccessoryReport:
    """An accessory as its server knows it."""

    context: str  # what its last successful step was planned on
    starts: int  # runs of its step, failed ones too
    problem: str  # empty where it runs and its step succeeded


@dataclass(frozen=True)
class ContainerReport:
    """A container of a service."""

    name: str
    service: str
    replica: int
    release: str  # id
    image: str
    state: str  # Docker's word
    health: Optional[str]  # Docker's word; None for an image without a health check
    fault: str  # empty when it is well
    restarts: int


@dataclass(frozen=True)
class LockReport:
    """Who has the server."""

    owner: str
    reason: str
    since: float  # seconds since the epoch
    until: Optional[float]  # seconds since the epoch; None: until it is given back


@dataclass(frozen=True)
class StatusAnswer:
    """What runs here, and what is wrong with it."""

    agent: str  # content hash
    epoch: int  # rollouts begun here
    phase: Phase
    serving: Optional[Running]
    previous: Optional[Running]
    candidate: Optional[Running]
    warm: bool  # whether the previous release's containers still run
    context: Optional[RolloutContext]  # of the rollout that committed the serving release
    problems: tuple[str, ...]  # in which ways the server is not as that rollout left it
    warnings: tuple[str, ...]  # what will be a problem one day
    accessories: Mapping[str, AccessoryReport]
    containers: tuple[ContainerReport, ...]
    lock: Optional[LockReport]
    starts_at_boot: bool  # whether the crontab has the line that starts the watchdog


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `detail` says what is wrong, or what was seen."""

    part: str  # "web-1", "postgres", "proxy"
    check: str  # "container", "ready", "smoke", "log", "proxy"
    ok: bool
    detail: str


@dataclass(frozen=True)
class DiagnoseAnswer:
    """All that was looked at."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class LogsAnswer:
    """Lines by the name of the container, oldest first."""

    logs: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class LockAnswer:
    """Who had the server, and who has it now."""

    before: Optional[LockReport]
    after: Optional[LockReport]
