"""The steps of a rollout on an imagined server, named and called alike."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from slipway.rollout import machine, tasks
from slipway.rollout.context import RolloutContext
from slipway.rollout.machine import Actions
from slipway.rollout.release import Release
from slipway.rollout.state import Proxy, Retention, State, install
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import transaction_id
from tests.unit.slipway.rollout.sample import PROXY, release
from tests.unit.slipway.rollout.world import World

RELEASES = {each.id: each for each in (release(v, migration=True) for v in ("v1", "v2", "v3"))}
ONE, TWO, THREE = RELEASES
NOW = 1000.0
ORDER: Final = (Step.PULL, Step.MIGRATE, Step.START, Step.SWITCH, Step.PREPARE, Step.COMMIT)

_rollout_ids = itertools.count(1)


@dataclass(frozen=True)
class Do:
    """A step as the program asks for it."""

    step: Step
    weight: int = 100
    peer_aborted: bool = False

    def __str__(self) -> str:
        return f"{self.step} {self.weight} {self.peer_aborted}"


PEER_ABORTED: Final = Do(Step.ABORT, peer_aborted=True)


def share(weight: int) -> Do:
    """A canary's switch."""
    return Do(Step.SWITCH, weight)


@dataclass(frozen=True)
class Rollout:
    """One rollout of one release, under a name that no other has."""

    release: str
    rollout_id: str = field(default_factory=lambda: f"rollout{next(_rollout_ids)}")
    warm: float = 0.0
    proxy: Proxy = PROXY
    database: str = "db"
    known: frozenset[str] = frozenset()  # ids of commands that ran elsewhere
    releases: Mapping[str, Release] = field(default_factory=lambda: RELEASES)

    @property
    def transaction(self) -> str:
        return transaction_id(self.rollout_id, self.release)

    def plan(self, asked: Step | Do, state: State) -> Actions:
        """The actions of one step; raises SlipwayError where it is out of turn."""
        do = asked if isinstance(asked, Do) else Do(asked)
        context = RolloutContext("what was", self.rollout_id)
        if do.step is Step.PULL:
            candidate = install(
                state, self.releases[self.release], self.proxy, context=context, now=NOW
            )
            retention = Retention(retain=1, warm=self.warm)
            return machine.pull(state, candidate, self.proxy, retention)
        runs = tasks.runs(self.releases[self.release], self.database)
        plans: dict[Step, Callable[[], Actions]] = {
            Step.MIGRATE: lambda: machine.migrate(state, self.release, runs, self.known),
            Step.START: lambda: machine.start(state, self.release, runs),
            Step.SMOKE: lambda: machine.smoke(state, self.release),
            Step.SWITCH: lambda: machine.switch(state, self.release, do.weight),
            Step.PREPARE: lambda: machine.prepare(state, self.release, self.transaction),
            Step.COMMIT: lambda: machine.commit(
                state, self.release, self.transaction, context=context, now=NOW
            ),
            Step.ABORT: lambda: machine.abort(
                state, self.release, self.transaction, peer_aborted=do.peer_aborted
            ),
        }
        return plans[do.step]()

    def run(self, world: World, *steps: Step | Do) -> None:
        """The steps without any fault; all of them where none is named."""
        for step in steps or ORDER:
            assert world.do(self.plan(step, world.state)), step
