"""An imagined server: it does the actions, checks what must hold, fails or dies on request."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from slipway.agent.executor import Journal, execute
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.errors import SlipwayError
from slipway.protocol.codec import from_json, to_json
from slipway.rollout import machine
from slipway.rollout.machine import Action, Actions, Verb
from slipway.rollout.state import State

CANNOT_FAIL = frozenset(
    {
        Verb.RECORD,
        Verb.STOP,
        Verb.REMOVE,
        Verb.REMOVE_UNKNOWN,
        Verb.PRUNE,
        Verb.DRAIN,
        Verb.STOP_WORKERS,
    }
)
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
    traffic_after_restart: dict[str, int] = field(default_factory=dict)
    provided: bool = False  # whether there is a network, and a proxy
    images: set[str] = field(default_factory=set)
    migrations: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    fail_at: set[int] = field(default_factory=set)
    crash_at: int | None = None
    count: int = 0
    full: bool = False  # the disk takes neither the state nor the journal

    def __post_init__(self) -> None:
        self._do: dict[Verb, Callable[[Action], None]] = {
            Verb.RECORD: self._record,
            Verb.PROVIDE: self._provide,
            Verb.PULL: self._pull,
            Verb.CREATE: self._create,
            Verb.START: self._start,
            Verb.AWAIT_READY: self._await_ready,
            Verb.SMOKE: self._smoke,
            Verb.START_WORKERS: self._start_workers,
            Verb.STOP_WORKERS: self._stop_workers,
            Verb.REPLACE_STOP_FIRST: self._replace_stop_first,
            Verb.ROUTE: self._route,
            Verb.BAKE: self._bake,
            Verb.CHECK_STABILITY: self._check_stability,
            Verb.MIGRATE: self._migrate,
            Verb.SET_UP: self._migrate,
            Verb.DRAIN: self._drain,
            Verb.STOP: self._stop,
            Verb.REMOVE: self._remove,
            Verb.REMOVE_UNKNOWN: self._remove_unknown,
            Verb.PRUNE: self._prune,
            Verb.REPAIR: self._repair,
        }

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
            execute(actions, self, journal, report)
        except SlipwayError:
            execute(machine.recover(self.state), self, journal, report)
            return False
        return True

    def perform(self, action: Action) -> None:
        if self.count == self.crash_at:
            raise KilledError
        if action.verb not in self._do:
            raise BrokenError(f"nobody knows how to {action.verb}")
        fails = self.count in self.fail_at and action.verb not in CANNOT_FAIL
        self.count += 1
        self.done.append(str(action))
        if fails:
            raise SlipwayError(f"{action} failed")
        self._do[action.verb](action)
        self.check()

    @property
    def verbs(self) -> set[Verb]:
        """All that it can do."""
        return set(self._do)

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

    def _provide(self, _: Action) -> None:
        self.provided = True

    def _pull(self, action: Action) -> None:
        self.images |= set(action.state.revision(action.release).release.images.values())

    def _record(self, action: Action) -> None:
        if self.full:
            raise SlipwayError("the disk is full")
        read = from_json(State, json.loads(json.dumps(to_json(action.state))), "state")
        self.must(read == action.state, "the state got lost")
        self.state = action.state

    def _create(self, action: Action) -> None:
        needed = set(action.state.revision(action.release).release.images.values())
        self.must(needed <= self.images, "creating from an image that is not here")
        made = self.containers.setdefault(action.release, {})
        for name in SERVICES:
            made.setdefault(name, "created")

    def _start(self, action: Action) -> None:
        self._run(action.release, "web")

    def _start_workers(self, action: Action) -> None:
        self._run(action.release, "worker")

    def _replace_stop_first(self, action: Action) -> None:
        self._run(action.release, "clerk")

    def _await_ready(self, action: Action) -> None:
        self.must(self.containers[action.release]["web"] == "running", "waiting for a stopped one")

    def _smoke(self, action: Action) -> None:
        self.must(self.containers[action.release]["web"] == "running", "testing a stopped one")

    def _check_stability(self, action: Action) -> None:
        running = set(self.containers[action.release].values()) == {"running"}
        self.must(running, "what is to be prepared does not run")

    def _repair(self, action: Action) -> None:
        self.must(action.release in self.containers, "repairing what does not exist")

    def _drain(self, action: Action) -> None:
        elsewhere = action.release not in self.receiving or not action.state.serving
        self.must(elsewhere, "draining what still gets requests")

    def _bake(self, action: Action) -> None:
        whole = action.state.weight == 100
        names = SERVICES if whole else ("web",)
        running = {self.containers[action.release][name] for name in names} == {"running"}
        self.must(running and bool(self.routed[action.release]), "baking what does not serve")

    def _stop_workers(self, action: Action) -> None:
        self._stop_all(action.release, ("worker", "clerk"))

    def _migrate(self, action: Action) -> None:
        needed = set(action.state.revision(action.release).release.images.values())
        self.must(needed <= self.images, "migrating with an image that is not here")
        if action.release not in self.receiving:
            made = self.containers.get(action.release, {})
            self.must("running" not in made.values(), "the release runs before its migration")
        self.migrations.append(f"{action.verb} {action.release}")

    def _route(self, action: Action) -> None:
        self.must(self.provided or not action.state.traffic, "there is no proxy to lead")
        self.routed, self.traffic_after_restart = (
            dict(action.state.traffic),
            dict(action.state.traffic_after_restart),
        )

    def restart(self) -> None:
        """The machine loses its power and boots: the proxy does what its file says."""
        self.routed = dict(self.traffic_after_restart)

    def _stop(self, action: Action) -> None:
        self._stop_all(action.release, SERVICES)

    def _remove(self, action: Action) -> None:
        self.containers.pop(action.release, None)

    def _remove_unknown(self, action: Action) -> None:
        known = {each.id for each in action.state.known}
        self.containers = {k: v for k, v in self.containers.items() if k in known}

    def _prune(self, action: Action) -> None:
        self.images &= action.state.images

    def _run(self, release: str, name: str) -> None:
        if name not in self.containers.get(release, {}):
            raise SlipwayError(f"{name} of {release} is gone")
        self.containers[release][name] = "running"

    def _stop_all(self, release: str, names: tuple[str, ...]) -> None:
        for name in names:
            if self.containers.get(release, {}).get(name) == "running":
                self.containers[release][name] = "stopped"
