"""Actions are journaled, carried out in order, and undone where one fails."""

from __future__ import annotations

import errno
import io
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from slipway.agent.executor import Journal, attempt, execute
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.rollout.context import RolloutContext
from slipway.rollout.machine import Action, Verb
from slipway.rollout.state import Phase, State, install
from tests.unit.slipway.rollout.sample import PROXY, release

OLD = install(State(), release("v1"), PROXY, context=RolloutContext())
NEW = install(State(serving=OLD), release("v2"), PROXY, context=RolloutContext("v1", "f00d"))
STAGING = State(phase=Phase.STARTING, serving=OLD, candidate=NEW, proxy=PROXY)
FORWARD = (Action(Verb.PULL, STAGING, NEW.id), Action(Verb.CREATE, STAGING, NEW.id))


@dataclass
class Runner:
    """Does nothing but write the state down, and what a test wants to happen."""

    store: Store
    faults: dict[str, Any] = field(default_factory=dict)  # by verb
    done: list[str] = field(default_factory=list)

    def perform(self, action: Action) -> None:
        self.done.append(action.verb)
        fault = self.faults.get(action.verb)
        if callable(fault):
            fault()
        elif fault:
            raise fault
        if action.verb is Verb.RECORD:
            self.store.keep(action.state)


@dataclass
class Notes:
    """A journal that is looked at; the disk may be full."""

    lines: list[tuple[str, str, str]] = field(default_factory=list)
    full: bool = False

    def append(self, entry: dict[str, Any]) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        assert set(entry) == {
            *("time", "step", "owner", "transaction", "release", "action", "outcome"),
        }
        assert (entry["step"], entry["owner"], entry["transaction"]) == ("stage", "ann", "f00d-ab")
        self.lines.append((entry["action"], entry["outcome"], entry["release"]))


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """A step leaves them ignored, as its process ends; the programs of later tests must not."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A server in the middle of a rollout."""
    store = Store(tmp_path)
    store.keep(STAGING)
    return Runner(store)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def journal(notes: Notes) -> Journal:
    return Journal(notes.append, "stage", "ann", "f00d-ab")


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def report(said: io.StringIO) -> Report:
    return Report(Redactor(("hunter2-is-secret",)), stream=said)


UNDONE = [
    *("record", "start", "route", "record", "start workers", "stop workers", "replace stop-first"),
    *("drain", "route", "remove", "record", "prune"),
]


def nothing(_: SlipwayError) -> None:
    raise AssertionError("it failed")


def test_actions_are_done_in_their_order_each_between_two_lines_of_the_journal(
    runner: Runner, notes: Notes, journal: Journal, report: Report
) -> None:
    assert attempt(FORWARD, runner, journal, report, nothing) == []
    assert runner.done == ["pull", "create"]
    assert notes.lines == [
        (f"pull {NEW.id}", "begun", NEW.id),
        (f"pull {NEW.id}", "done", NEW.id),
        (f"create {NEW.id}", "begun", NEW.id),
        (f"create {NEW.id}", "done", NEW.id),
    ]


def test_an_optional_action_that_fails_is_a_warning_without_its_secret(
    runner: Runner, notes: Notes, journal: Journal, report: Report
) -> None:
    runner.faults["drain"] = SlipwayError("hunter2-is-secret was refused", where="proxy")
    actions = (Action(Verb.DRAIN, STAGING, OLD.id, optional=True), *FORWARD)
    told = attempt(actions, runner, journal, report, nothing)
    assert told == [f"drain {OLD.id}: proxy: *** was refused"]
    assert runner.done == ["drain", "pull", "create"]
    assert notes.lines[1] == (f"drain {OLD.id}", "failed: proxy: *** was refused", OLD.id)


def test_a_fault_is_told_before_it_is_undone_and_raised_after(
    runner: Runner, journal: Journal, report: Report, said: io.StringIO
) -> None:
    fault = SlipwayError("the registry is away", where="registry", remedy="Start it")
    runner.faults["pull"] = fault
    told: list[SlipwayError] = []

    def failed(error: SlipwayError) -> None:
        assert runner.done == ["pull"]
        told.append(error)

    with pytest.raises(SlipwayError) as caught:
        attempt(FORWARD, runner, journal, report, failed)
    assert caught.value is fault
    assert told == [fault]
    assert runner.done == ["pull", *UNDONE]
    assert (runner.store.state().phase, runner.store.state().candidate) == (Phase.IDLE, None)
    assert said.getvalue() == "failed: the registry is away; rolling back\n"


def test_the_end_of_a_failed_containers_log_is_told(
    runner: Runner, journal: Journal, report: Report, said: io.StringIO
) -> None:
    fault = SlipwayError("web-1 exited (1)")
    fault.log = [f"web-1 | line {n}" for n in range(30)]  # type: ignore[attr-defined]
    runner.faults["pull"] = fault
    with pytest.raises(SlipwayError):
        attempt(FORWARD, runner, journal, report, lambda _: None)
    assert said.getvalue().splitlines()[:-1] == [f"web-1 | line {n}" for n in range(10, 30)]


def test_what_nobody_foresaw_is_a_fault_like_any_other(
    runner: Runner, journal: Journal, report: Report
) -> None:
    runner.faults["pull"] = KeyError("Id")
    with pytest.raises(SlipwayError) as caught:
        attempt(FORWARD, runner, journal, report, lambda _: None)
    assert str(caught.value) == f"pull {NEW.id}: KeyError: 'Id'. Report this bug with the journal"
    assert runner.store.state().phase is Phase.IDLE


def test_what_fails_while_going_back_is_told_with_what_failed_before(
    runner: Runner, journal: Journal, report: Report, said: io.StringIO
) -> None:
    runner.faults = {
        "pull": SlipwayError("the registry is away", where="registry"),
        "start": SlipwayError("web-1 is gone"),
        "route": SlipwayError("the proxy is gone"),
    }
    with pytest.raises(SlipwayError) as caught:
        attempt(FORWARD, runner, journal, report, lambda _: None)
    assert str(caught.value) == (
        "registry: the registry is away; and the rollback failed too: the proxy is gone. "
        "Correct that, then run `pulumi up` again"
    )
    assert runner.done == ["pull", "record", "start", "route"]


def test_what_is_optional_while_going_back_is_told(
    runner: Runner, journal: Journal, report: Report, said: io.StringIO
) -> None:
    runner.faults = {"pull": SlipwayError("no"), "start": SlipwayError("web-1 is missing")}
    with pytest.raises(SlipwayError, match="no"):
        attempt(FORWARD, runner, journal, report, lambda _: None)
    assert said.getvalue().splitlines()[1:] == [
        f"while rolling back: start {OLD.id}: web-1 is missing"
    ]
    assert runner.store.state().phase is Phase.IDLE


def test_a_prepared_server_does_not_go_back(
    runner: Runner, journal: Journal, report: Report
) -> None:
    prepared = State(phase=Phase.PREPARED, serving=OLD, candidate=NEW, weight=100, proxy=PROXY)
    runner.store.keep(prepared)
    runner.faults["route"] = SlipwayError("the proxy is gone")
    with pytest.raises(SlipwayError, match="the proxy is gone"):
        attempt((Action(Verb.ROUTE, prepared),), runner, journal, report, lambda _: None)
    assert runner.done == ["route"]
    assert runner.store.state() == prepared


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_step_goes_back_and_is_not_interrupted_again(
    number: signal.Signals, runner: Runner, journal: Journal, report: Report
) -> None:
    def interrupt() -> None:
        os.kill(os.getpid(), number)

    runner.faults = {"pull": interrupt, "start": interrupt}
    with pytest.raises(SlipwayError) as caught:
        attempt(FORWARD, runner, journal, report, lambda _: None)
    assert str(caught.value) == f"interrupted by {number.name}. Run `pulumi up` again"
    assert runner.done == ["pull", *UNDONE]


def test_an_interruption_is_no_failure_of_an_action_that_may_fail(
    runner: Runner, journal: Journal, report: Report
) -> None:
    runner.faults = {"pull": lambda: os.kill(os.getpid(), signal.SIGTERM)}
    optional = tuple(replace(action, optional=True) for action in FORWARD)
    with pytest.raises(SlipwayError, match="interrupted by SIGTERM"):
        attempt(optional, runner, journal, report, lambda _: None)
    assert runner.done == ["pull", *UNDONE]


def test_nothing_is_done_on_the_way_forward_that_the_journal_does_not_hold(
    runner: Runner, notes: Notes, journal: Journal, report: Report
) -> None:
    notes.full = True
    with pytest.raises(SlipwayError, match="the journal cannot be written: No space left"):
        execute(FORWARD, runner, journal, report)
    assert runner.done == []


def test_going_back_needs_no_journal(
    runner: Runner, notes: Notes, journal: Journal, report: Report, said: io.StringIO
) -> None:
    notes.full = True
    aborting = State(phase=Phase.ABORTING, serving=OLD, candidate=NEW, proxy=PROXY)
    execute((Action(Verb.ROUTE, aborting),), runner, journal, report)
    assert runner.done == ["route"]
    assert said.getvalue().splitlines() == [
        "route: begun; the journal cannot be written: No space left on device",
        "route: done; the journal cannot be written: No space left on device",
    ]
