"""What a server says it runs, and how a plan refers to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Running:
    """A release as a server knows it: its id, its version, and the image of each service.

    `since` is when the server committed it, in seconds since the epoch; 0 where it does not say.
    """

    release: str
    version: str
    images: Mapping[str, str]
    since: float = 0.0

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Running:
        """Read what an agent reports; raises KeyError for anything else."""
        return cls(data["release"], data["version"], data.get("images", {}), data.get("since", 0.0))

    def __str__(self) -> str:
        return f"{self.version} ({self.release})"


@dataclass(frozen=True)
class Accessory:
    """A database or a queue as its server reports it: `starts` counts the runs of its step."""

    basis: str
    starts: int
    problem: str = ""


@dataclass(frozen=True)
class Status:
    """What one server answered when asked, before anything is planned.

    `life` differs between two lives of one server, such as a machine set up afresh under the same
    name. `epoch` counts the rollouts begun in this life. `basis` is what the rollout that committed
    the serving release was planned on. `problems` says in which ways the server is not as that
    rollout left it.
    """

    server: str
    life: str
    agent: str | None = None  # content hash of the agent; None where it is not installed
    epoch: int = 0
    phase: str = "idle"
    serving: Running | None = None
    previous: Running | None = None
    basis: str | None = None
    problems: tuple[str, ...] = ()
    accessories: Mapping[str, Accessory] = field(default_factory=dict)

    def settled_on(self, release: str) -> bool:
        """Whether it serves exactly this release, with nothing under way or amiss."""
        return (
            self.serving is not None
            and self.serving.release == release
            and self.phase == "idle"
            and not self.problems
        )


def bases(statuses: Mapping[str, Status], release: str | None) -> Mapping[str, str]:
    """The basis of every server, by name."""
    return {name: basis(status, release) for name, status in statuses.items()}


def unsettled(statuses: Mapping[str, Status], release: str | None) -> frozenset[str]:
    """The servers that a rollout of `release` changes; it may take back these, and no others."""
    return frozenset(
        name
        for name, status in statuses.items()
        if release is None or not status.settled_on(release)
    )


def basis(status: Status, release: str | None) -> str:
    """What a rollout of `release` on this server is planned on, as one line of text.

    It is an input of every step on the server. Pulumi compares inputs with its own memory only, so
    this is how a server that is not where the state believes comes to show in the preview and to be
    healed by the update: the line changes exactly when there is something to do. On a server that
    is settled on the release it is the line that the committing rollout was given, which the state
    remembers. `release` is None while an image has yet to be built.
    """
    if release is not None and status.settled_on(release) and status.basis is not None:
        return status.basis
    served = str(status.serving) if status.serving else "nothing"
    text = f"{served}, rollout {status.epoch} of {status.life}"
    if status.phase != "idle":
        text += f", {status.phase}"
    return "; ".join((text, *status.problems))


def accessory_basis(status: Status, name: str) -> str:
    """What running an accessory on this server is planned on; see `basis`."""
    found = status.accessories.get(name)
    if found is None:
        return f"not started in {status.life}"
    if found.problem:
        return f"{found.problem}, start {found.starts} of {status.life}"
    return found.basis
