"""What a server does when its rollout ends, and whose lock it lets go: no other than its own."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.agent import watchdog
from slipway.agent.runner import ActionRunner
from slipway.agent.state import incidents
from slipway.agent.state.store import Store
from slipway.agent.steps import rollout
from slipway.errors import SlipwayError
from slipway.protocol.answers import AbortAnswer, MigrateAnswer, RolloutAnswer, Running
from slipway.protocol.requests import MigrateRequest, PullRequest, Target
from slipway.rollout.context import RolloutContext
from slipway.rollout.machine import Action, Verb
from slipway.rollout.state import Phase, State, install
from slipway.rollout.step import Step
from slipway.rollout.tasks import runs
from slipway.rollout.two_phase_commit import Vote
from tests.unit.slipway.agent.fake_engine import Containers
from tests.unit.slipway.agent.steps.rollouts import (
    ABORT,
    NEW,
    OLD,
    PREPARE,
    PREPARED,
    PULL,
    REPORT,
    ROLLOUT,
    TARGET,
    owner,
    take,
    write_down,
)
from tests.unit.slipway.rollout.sample import PROXY, release

pytestmark = pytest.mark.usefixtures("signals")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An idle server where nothing is done but the state written; no watchdog is started on it."""
    monkeypatch.setattr(watchdog, "ensure", lambda *_: None)
    monkeypatch.setattr(ActionRunner, "perform", write_down)
    found = Store(tmp_path / ".slipway" / "shop" / "staging")
    found.prepare()
    return found


@pytest.mark.parametrize("seconds", [7200, None])
def test_a_rollout_that_a_person_keeps_away_leaves_the_lock_when_it_is_undone(
    seconds: float | None, store: Store
) -> None:
    take(store, "ann@desk", seconds)
    rollout.run(Step.ABORT, ABORT, Containers(), store, REPORT)
    assert owner(store) == "ann@desk"


def test_a_rollout_that_is_undone_gives_its_own_lock_back(store: Store) -> None:
    take(store, "staging", 60)
    rollout.run(Step.ABORT, ABORT, Containers(), store, REPORT)
    assert owner(store) is None


def test_a_step_that_a_person_keeps_away_changes_nothing(store: Store) -> None:
    take(store, "ann@desk", 7200)
    with pytest.raises(SlipwayError, match="locked by ann@desk"):
        rollout.run(Step.PULL, PULL, Containers(), store, REPORT)
    assert store.state() == State()
    assert owner(store) == "ann@desk"


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """In the middle of a rollout the disk has no space left for the journal."""
    store.keep(replace(PREPARED, phase=Phase.SWITCHED))
    monkeypatch.setattr(Store, "append", refuse)
    return store


def test_the_traffic_goes_back_on_a_full_disk(full: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def note(runner: ActionRunner, action: Action) -> None:
        done.append(str(action))
        write_down(runner, action)

    watched: list[str] = []
    monkeypatch.setattr(watchdog, "ensure", lambda *_: watched.append("ensure"))
    monkeypatch.setattr(ActionRunner, "perform", note)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(SlipwayError, match="No space left"):
        rollout.run(Step.ABORT, ABORT, Containers(), full, REPORT)
    assert done[:4] == ["record", f"start {OLD.id}", "route", "record"]
    assert set(done[4:]) <= set(done[:4])
    assert watched


def test_going_back_needs_no_journal(full: Store) -> None:
    rollout.run(Step.ABORT, ABORT, Containers(), full, REPORT)
    assert (full.state().phase, full.state().candidate) == (Phase.IDLE, None)


def test_going_forward_needs_a_journal_and_goes_back_without(full: Store) -> None:
    with pytest.raises(SlipwayError, match="the journal cannot be written: No space left"):
        rollout.run(Step.PREPARE, PREPARE, Containers(), full, REPORT)
    assert full.state().phase == Phase.IDLE


def test_a_step_that_has_nothing_to_do_says_so(store: Store) -> None:
    store.keep(PREPARED)
    answer = rollout.run(Step.PREPARE, PREPARE, Containers(), store, REPORT)
    assert isinstance(answer, RolloutAnswer)
    assert replace(answer, seconds=0.0) == RolloutAnswer(
        step=Step.PREPARE,
        server="one",
        release=NEW.id,
        phase=Phase.PREPARED,
        vote=Vote.PREPARED,
        changed=False,
        serving=Running(
            OLD.id, "v1", dict.fromkeys(("web", "worker"), "registry/shop@sha256:v1"), 0.0
        ),
        switch_seconds=0.0,
        seconds=0.0,
        warnings=(),
        note="there was nothing to do",
    )


def test_a_step_tells_what_it_changed(store: Store) -> None:
    answer = rollout.run(Step.PULL, PULL, Containers(), store, REPORT)
    assert isinstance(answer, RolloutAnswer)
    assert (answer.phase, answer.vote) == (Phase.PULLED, Vote.TENTATIVE)
    assert (answer.changed, answer.serving, answer.note) == (True, None, "")
    assert owner(store) == "staging"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_migration_is_answered_for_wherever_it_ran(elsewhere: bool, store: Store) -> None:
    candidate = install(
        State(serving=OLD), release("v2", migration=True), PROXY, context=RolloutContext()
    )
    (run,) = runs(candidate.release, "db")
    store.keep(State(phase=Phase.PULLED, serving=OLD, candidate=candidate, proxy=PROXY))
    context = RolloutContext(ran=(run.id,) if elsewhere else ())
    request = MigrateRequest(
        TARGET,
        replace(ROLLOUT, release=candidate.id, context=context),
        database="db",
        secrets={},
        hosts={},
    )
    answer = rollout.run(Step.MIGRATE, request, Containers(), store, REPORT)
    assert isinstance(answer, MigrateAnswer)
    assert answer.ran == (run.id,)
    assert (answer.result.note == "there was nothing to do") == elsewhere


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            replace(PULL, release=OLD.release),
            f"release: its id is {NEW.id}, but the id of its content is",
        ),
        (
            replace(PULL, target=Target("blog", "staging", "one")),
            "release: it belongs to shop, not to blog",
        ),
    ],
)
def test_a_release_that_is_not_what_its_id_says_is_refused(
    changed: PullRequest, told: str, store: Store
) -> None:
    with pytest.raises(SlipwayError, match=told):
        rollout.run(Step.PULL, changed, Containers(), store, REPORT)
    assert store.state() == State()


def test_an_abort_tells_what_failed_before_and_what_was_done(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(runner: ActionRunner, action: Action) -> None:
        write_down(runner, action)
        if action.verb is Verb.PULL:
            raise SlipwayError("the registry is away", where="registry", remedy="Start it")

    monkeypatch.setattr(ActionRunner, "perform", fail)
    store.keep(State(serving=OLD, proxy=PROXY))
    with pytest.raises(SlipwayError, match="the registry is away"):
        rollout.run(Step.PULL, PULL, Containers(), store, REPORT)
    assert store.state().vote(ROLLOUT.transaction) is Vote.ABORTED
    answer = rollout.run(Step.ABORT, ABORT, Containers(), store, REPORT)
    assert isinstance(answer, AbortAnswer)
    assert answer.result.vote is Vote.ABORTED
    assert answer.incident is not None
    fault = answer.incident.fault
    assert (fault.what, fault.where, fault.remedy) == (
        *("the registry is away", "registry", "Start it"),
    )
    assert (answer.incident.step, answer.incident.before) == (Step.PULL, f"v1 ({OLD.id})")
    assert answer.incident == incidents.first(store, ROLLOUT.transaction)
    done = [(each.action, each.outcome) for each in answer.timeline]
    assert done[:2] == [
        ("record", "done"),
        (f"pull {NEW.id}", "failed: registry: the registry is away. Start it"),
    ]


def test_every_step_of_a_rollout_is_planned_from_its_own_request() -> None:
    assert set(rollout.PLANNERS) == {
        *(
            Step.PULL,
            Step.START,
            Step.MIGRATE,
            Step.SMOKE,
            Step.SWITCH,
            Step.PREPARE,
            Step.COMMIT,
            Step.ABORT,
        ),
    }
