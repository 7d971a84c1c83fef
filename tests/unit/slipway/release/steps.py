"""The steps of a rollout on an imagined server, named and called alike."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Final

from slipway.release import machine
from slipway.release.basis import Basis
from slipway.release.machine import Actions
from slipway.release.state import Keeping, Proxy, State, ballot, install
from tests.unit.slipway.release.sample import PROXY, release
from tests.unit.slipway.release.world import World

RELEASES = {each.id: each for each in (release(v, migration=True) for v in ("v1", "v2", "v3"))}
ONE, TWO, THREE = RELEASES
NOW = 1000.0
ORDER: Final = ("stage", "migrate", "switch", "confirm", "finalize")

_tokens = itertools.count(1)


@dataclass(frozen=True)
class Rollout:
    """One rollout of one release, under a name that no other has."""

    release: str
    token: str = field(default_factory=lambda: f"rollout{next(_tokens)}")
    warm: float = 0.0
    proxy: Proxy = PROXY

    @property
    def ballot(self) -> str:
        return ballot(self.token, self.release)

    def plan(self, step: str, state: State, *, evidence: bool = False) -> Actions:
        """The actions of one step; raises SlipwayError where it is out of turn."""
        basis = Basis("what was", self.token)
        if step == "stage":
            wanted = RELEASES[self.release]
            candidate = install(state, wanted, self.proxy, basis=basis, owner="ann", now=NOW)
            return machine.stage(state, candidate, self.proxy, Keeping(retain=1, warm=self.warm))
        if step in ("migrate", "smoke"):
            return {"migrate": machine.migrate, "smoke": machine.smoke}[step](state, self.release)
        if step == "confirm":
            return machine.confirm(state, self.release, self.ballot)
        if step == "finalize":
            return machine.finalize(state, self.release, self.ballot, basis=basis, now=NOW)
        if step == "abort":
            return machine.abort(state, self.release, self.ballot, evidence=evidence)
        weight = int(step.removeprefix("switch") or 100)
        return machine.switch(state, self.release, weight)

    def run(self, world: World, *steps: str) -> None:
        """The steps without any fault; all of them where none is named."""
        for step in steps or ORDER:
            assert world.do(self.plan(step, world.state)), step
