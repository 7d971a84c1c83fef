"""The status of one server before a deployment is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.protocol.answers import AccessoryReport, Running, StatusAnswer
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import Phase


@dataclass(frozen=True)
class Status:
    """One server; without an agent it has a name and a life only.

    `life` changes when the machine is set up again under the same name. `epoch` counts the rollouts
    begun in this life. `context` is of the rollout that committed the serving release. `warm` says
    that the previous release's containers still run. `ran` are ids of commands that have run once
    on a database. `problems` is the drift since that rollout, `warnings` what will become a
    problem. `others` are the environments of the same application that use this server too.
    """

    server: str
    life: str
    agent: str | None = None  # content hash of the agent; None where it is not installed
    epoch: int = 0
    phase: Phase = Phase.IDLE
    serving: Running | None = None
    previous: Running | None = None
    warm: bool = False
    context: RolloutContext | None = None
    ran: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    accessories: Mapping[str, AccessoryReport] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, server: str, life: str, answer: StatusAnswer, others: tuple[str, ...] = ()
    ) -> Status:
        """The status of a server whose agent has answered."""
        return cls(
            server,
            life,
            agent=answer.agent,
            epoch=answer.epoch,
            phase=answer.phase,
            serving=answer.serving,
            previous=answer.previous,
            warm=answer.warm,
            context=answer.context,
            ran=answer.ran,
            problems=answer.problems,
            warnings=answer.warnings,
            accessories=answer.accessories,
            others=others,
        )

    def settled_on(self, release: str) -> bool:
        """Whether it serves exactly this release, without an unfinished rollout or a problem."""
        return (
            self.serving is not None
            and self.serving.release == release
            and self.phase == Phase.IDLE
            and not self.problems
        )
