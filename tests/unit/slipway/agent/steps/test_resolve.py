"""A rollout's end without the rollout: what is due is done, and a person may decide."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.agent import peers, watchdog
from slipway.agent.runner import ActionRunner
from slipway.agent.state.store import Store
from slipway.agent.steps import resolve
from slipway.errors import SlipwayError
from slipway.protocol.requests import ResolveRequest
from slipway.rollout.state import Phase, Revision, State
from slipway.rollout.two_phase_commit import Decision, Vote
from tests.unit.slipway.agent.fake_engine import Containers
from tests.unit.slipway.agent.steps.rollouts import (
    CONTEXT,
    NEW,
    OLD,
    PREPARED,
    REPORT,
    ROLLOUT,
    TARGET,
    owner,
    take,
    write_down,
)
from tests.unit.slipway.rollout.sample import PROXY

pytestmark = pytest.mark.usefixtures("signals")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A server where nothing is done but the state written; no watchdog is started on it."""
    monkeypatch.setattr(watchdog, "ensure", lambda *_: None)
    monkeypatch.setattr(ActionRunner, "perform", write_down)
    found = Store(tmp_path / ".slipway" / "shop" / "staging")
    found.prepare()
    return found


@pytest.mark.parametrize("seconds", [7200, None])
def test_what_is_due_leaves_the_lock_of_a_person(seconds: float | None, store: Store) -> None:
    store.keep(State(serving=NEW, previous=OLD, warm_until=time.time() - 1, proxy=PROXY))
    take(store, "ann@desk", seconds)
    resolve.conclude(TARGET, Containers(), store, REPORT)
    assert store.state().warm_until == 0
    assert owner(store) == "ann@desk"


def test_nothing_is_done_before_it_is_due(store: Store) -> None:
    state = State(serving=NEW, previous=OLD, warm_until=time.time() + 60, proxy=PROXY)
    store.keep(state)
    resolve.conclude(TARGET, Containers(), store, REPORT)
    assert store.state() == state
    assert not (store.folder / "journal.jsonl").exists()


@pytest.mark.parametrize(
    ("vote", "outcome", "serving"),
    [
        (Vote.PREPARED, Vote.COMMITTED, NEW),
        (Vote.COMMITTED, Vote.COMMITTED, NEW),
        (Vote.ABORTED, Vote.ABORTED, OLD),
        (Vote.TENTATIVE, Vote.PREPARED, OLD),
        (Vote.UNKNOWN, Vote.PREPARED, OLD),
    ],
)
def test_a_prepared_server_asks_the_others_when_its_lease_ends(
    vote: Vote, outcome: Vote, serving: Revision, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def ask(addresses: Mapping[str, str], transaction: str) -> dict[str, peers.Answer]:
        asked.append((addresses, transaction))
        return {"two": peers.Answer(vote)}

    monkeypatch.setattr(peers, "ask", ask)
    store.keep(PREPARED)
    take(store, "staging", -1)
    resolve.conclude(TARGET, Containers(), store, REPORT)
    assert asked == [(CONTEXT.peers, ROLLOUT.transaction)]
    found = store.state()
    assert found.vote(ROLLOUT.transaction) is outcome
    assert found.serving is not None
    assert found.serving.id == serving.id
    assert owner(store) == ("staging" if outcome is Vote.PREPARED else None)


@pytest.mark.parametrize(("later", "phase"), [(60, Phase.SWITCHED), (-60, Phase.IDLE)])
def test_a_server_whose_lease_has_ended_goes_on_while_a_peer_has_one(
    later: float, phase: Phase, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = peers.Answer(Vote.TENTATIVE, time.time() + later)
    monkeypatch.setattr(peers, "ask", lambda *_: {"two": answer})
    store.keep(replace(PREPARED, phase=Phase.SWITCHED))
    take(store, "staging", -1)
    resolve.conclude(TARGET, Containers(), store, REPORT)
    assert store.state().phase is phase


@pytest.mark.parametrize(
    ("decision", "serving", "vote"),
    [(Decision.ABORT, OLD, Vote.ABORTED), (Decision.COMMIT, NEW, Vote.COMMITTED)],
)
def test_a_person_decides_and_keeps_the_lock_on_the_server(
    decision: Decision, serving: Revision, vote: Vote, store: Store
) -> None:
    store.keep(PREPARED)
    take(store, "ann@desk", None)
    answer = resolve.resolve(ResolveRequest(TARGET, decision), Containers(), store, REPORT)
    assert answer.phase is Phase.IDLE
    assert answer.serving is not None
    assert answer.serving.release == serving.id
    assert store.state().vote(ROLLOUT.transaction) is vote
    assert owner(store) == "ann@desk"


def test_a_decision_gives_the_lock_of_its_rollout_back(store: Store) -> None:
    store.keep(PREPARED)
    take(store, "staging", 60)
    resolve.resolve(ResolveRequest(TARGET, Decision.COMMIT), Containers(), store, REPORT)
    assert owner(store) is None


def test_where_there_is_nothing_to_decide_nothing_changes(store: Store) -> None:
    take(store, "staging", 60)
    with pytest.raises(SlipwayError, match="nothing to decide here: the server is idle"):
        resolve.resolve(ResolveRequest(TARGET, Decision.COMMIT), Containers(), store, REPORT)
    assert store.state() == State()
    assert owner(store) == "staging"
