"""An imagined server: it does the actions, checks what must hold, fails or dies on request."""

from __future__ import annotations

import errno
import io
from dataclasses import dataclass, field

from slipway.agent.executor import Journal, carry_out
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.errors import SlipwayError
from slipway.release import machine
from slipway.release.machine import Action, Actions
from slipway.release.state import State

CANNOT_FAIL = {"record", "stop", "remove", "sweep", "prune", "drain", "rest"}
SERVICES = ("web", "worker", "clerk")  # behind the proxy; start-first; stop-first


class KilledError(BaseException):
    """`kill -9` of the agent."""


class BrokenError(BaseException):
    """What must hold does not: no fault of an action, so nothing may catch it."""


@dataclass
class World:
    """Containers by release id and service, and the weights that the proxy has."""

    state: State = field(default_factory=State)
    containers: dict[str, dict[str, str]] = field(default_factory=dict)
    routed: dict[str, int] = field(default_factory=dict)
    lasting: dict[str, int] = field(default_factory=dict)
    migrations: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    fail_at: set[int] = field(default_factory=set)
    crash_at: int | None = None
    count: int = 0
    full: bool = False  # the disk takes neither the state nor the journal

    def do(
        self,
        actions: Actions,
        *,
        fail_at: frozenset[int] = frozenset(),
        crash_at: int | None = None,
    ) -> bool:
        """Like the agent: carry out, and go back on a fault. False when it failed."""
        self.fail_at, self.crash_at, self.count = set(fail_at), crash_at, 0
        journal = Journal(self._append, "step", "ann")
        report = Report(Redactor(()), stream=io.StringIO())
        try:
            carry_out(actions, self, journal, report)
        except SlipwayError:
            carry_out(machine.recover(self.state), self, journal, report)
            return False
        return True

    def perform(self, action: Action) -> None:
        if self.count == self.crash_at:
            raise KilledError
        fails = self.count in self.fail_at and action.verb not in CANNOT_FAIL
        self.count += 1
        self.done.append(str(action))
        if fails:
            raise SlipwayError(f"{action} failed")
        getattr(self, f"_{action.verb}", self._nothing)(action)
        self.check()

    def check(self) -> None:
        """What must hold after every single action."""
        for each in self.receiving:
            self.must(
                self.containers[each]["web"] == "running", f"{each} gets requests and is down"
            )
        self.must(bool(self.receiving or not self.state.serving), "nobody gets the requests")
        known = [self.state.serving, self.state.candidate]
        self.must(self.receiving <= {each.id for each in known if each}, "a retired release serves")
        clerks = [each for each, own in self.containers.items() if own.get("clerk") == "running"]
        self.must(len(clerks) <= 1, "two releases of a service that stops first run at once")

    @property
    def receiving(self) -> set[str]:
        """The releases that get requests."""
        return {each for each, weight in self.routed.items() if weight}

    def must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise BrokenError(f"{otherwise}, after {self.done}")

    def _append(self, _: object) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "the disk is full")

    def _nothing(self, action: Action) -> None:
        pass

    def _record(self, action: Action) -> None:
        if self.full:
            raise SlipwayError("the disk is full")
        self.must(State.from_dict(action.state.to_dict()) == action.state, "the state got lost")
        self.state = action.state

    def _create(self, action: Action) -> None:
        made = self.containers.setdefault(action.release, {})
        for name in SERVICES:
            made.setdefault(name, "created")

    def _start(self, action: Action) -> None:
        self._run(action.release, "web")

    def _workers(self, action: Action) -> None:
        self._run(action.release, "worker")

    def _relieve(self, action: Action) -> None:
        self._run(action.release, "clerk")

    def _ready(self, action: Action) -> None:
        self.must(self.containers[action.release]["web"] == "running", "waiting for a stopped one")

    def _bake(self, action: Action) -> None:
        whole = action.state.weight == 100
        names = SERVICES if whole else ("web",)
        running = {self.containers[action.release][name] for name in names} == {"running"}
        self.must(running and bool(self.routed[action.release]), "baking what does not serve")

    def _rest(self, action: Action) -> None:
        self._stop_all(action.release, ("worker", "clerk"))

    def _migrate(self, action: Action) -> None:
        self.migrations.append(action.release)

    def _route(self, action: Action) -> None:
        self.routed, self.lasting = dict(action.state.traffic), dict(action.state.lasting)

    def restart(self) -> None:
        """The machine loses its power and boots: the proxy does what its file says."""
        self.routed = dict(self.lasting)

    def _stop(self, action: Action) -> None:
        self._stop_all(action.release, SERVICES)

    def _remove(self, action: Action) -> None:
        self.containers.pop(action.release, None)

    def _sweep(self, action: Action) -> None:
        known = {each.id for each in action.state.known}
        self.containers = {k: v for k, v in self.containers.items() if k in known}

    def _run(self, release: str, name: str) -> None:
        if name not in self.containers.get(release, {}):
            raise SlipwayError(f"{name} of {release} is gone")
        self.containers[release][name] = "running"

    def _stop_all(self, release: str, names: tuple[str, ...]) -> None:
        for name in names:
            if self.containers.get(release, {}).get(name) == "running":
                self.containers[release][name] = "stopped"
