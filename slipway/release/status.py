"""What a server says it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.values import dataclass, field


@dataclass(frozen=True)
class Running:
    """A release as a server knows it: its id, its version, and the image of each service.

    `since` is when the server committed it, in seconds since the epoch; 0 where it does not say.
    """

    release: str
    version: str
    images: Mapping[str, str]
    since: float = 0.0  # when it was committed, in seconds since the epoch

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Running:
        """Read what an agent reports; raises KeyError for anything else."""
        return cls(data["release"], data["version"], data.get("images", {}), data.get("since", 0.0))

    def __str__(self) -> str:
        return f"{self.version} ({self.release})"


@dataclass(frozen=True)
class Accessory:
    """A database or a queue as its server reports it: `starts` counts the runs of its step.

    A run that failed counts too, and is a problem until one succeeds.
    """

    basis: str
    starts: int
    problem: str = ""


@dataclass(frozen=True)
class Status:
    """What one server answered when asked, before anything is planned.

    `life` differs between two lives of one server, such as a machine set up afresh under the same
    name. `epoch` counts the rollouts begun in this life. `basis` is what the rollout that committed
    the serving release was planned on, in the form of `slipway.release.basis.Basis`. `warm` says
    that the previous release's containers still run. `problems` says in which ways the server is
    not as that rollout left it, `warnings` what will be amiss one day.
    """

    server: str
    life: str
    agent: str | None = None  # content hash of the agent; None where it is not installed
    epoch: int = 0
    phase: str = "idle"
    serving: Running | None = None
    previous: Running | None = None
    warm: bool = False
    basis: Mapping[str, Any] | None = None
    problems: tuple[str, ...] = ()
    accessories: Mapping[str, Accessory] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def settled_on(self, release: str) -> bool:
        """Whether it serves exactly this release, with nothing under way or amiss."""
        return (
            self.serving is not None
            and self.serving.release == release
            and self.phase == "idle"
            and not self.problems
        )
