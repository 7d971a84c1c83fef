"""What a server does when its rollout ends, and whose lock it lets go: no other than its own."""

from __future__ import annotations

import errno
import io
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from slipway.agent import lock, peers, rollout, watchdog
from slipway.agent.host import Host
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.request import Request, Rollout
from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.release.accord import ABORTED, COMMITTED, CONFIRMED, TENTATIVE, UNKNOWN
from slipway.release.basis import Basis
from slipway.release.machine import Action
from slipway.release.state import IDLE, SWITCHED, Revision, State, install
from slipway.values import replace
from tests.unit.slipway.agent.engine import Containers
from tests.unit.slipway.release.sample import PROXY, release

OLD = install(State(), release("v1"), PROXY, basis=Basis(), owner="staging")
BASIS = Basis("v1", "t0ken", {"two": "10.0.0.2:80"})
NEW = install(State(serving=OLD), release("v2"), PROXY, basis=BASIS, owner="staging")
WAITING = State(phase=CONFIRMED, serving=OLD, candidate=NEW, weight=100, proxy=PROXY)
REQUEST = Request("shop", "one", release_id=NEW.id, rollout=Rollout(owner="staging", basis=BASIS))
REPORT = Report(Redactor(()), stream=io.StringIO())


def write_down(host: Host, action: Action) -> None:
    """Of all that a step does on the server."""
    if action.verb == "record":
        host.store.keep(action.state)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """A step leaves them ignored, as its process ends; the programs of later tests must not."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An idle server where nothing is done but the state written; no watchdog is started on it."""
    monkeypatch.setattr(watchdog, "ensure", lambda *_: None)
    monkeypatch.setattr(Host, "perform", write_down)
    found = Store(tmp_path / ".slipway" / "shop")
    found.prepare()
    return found


def take(store: Store, owner: str, seconds: float | None) -> None:
    lock.run("lock", {"owner": owner, "reason": "why", "seconds": seconds}, store)


def owner(store: Store) -> str | None:
    holder = lock.load(store).holder
    return holder.owner if holder else None


@pytest.mark.parametrize("seconds", [7200, None])
def test_a_rollout_that_a_person_keeps_away_leaves_the_lock_when_it_is_undone(
    seconds: float | None, store: Store
) -> None:
    take(store, "ann@desk", seconds)
    rollout.run("abort", REQUEST, Containers(), store, REPORT)
    assert owner(store) == "ann@desk"


def test_a_rollout_that_is_undone_gives_its_own_lock_back(store: Store) -> None:
    take(store, "staging", 60)
    rollout.run("abort", REQUEST, Containers(), store, REPORT)
    assert owner(store) is None


@pytest.mark.parametrize("seconds", [7200, None])
def test_what_is_due_leaves_the_lock_of_a_person(seconds: float | None, store: Store) -> None:
    store.keep(State(serving=NEW, previous=OLD, warm_until=time.time() - 1, proxy=PROXY))
    take(store, "ann@desk", seconds)
    rollout.conclude(replace(REQUEST, release_id=""), Containers(), store, REPORT)
    assert store.state().warm_until == 0
    assert owner(store) == "ann@desk"


def test_nothing_is_done_before_it_is_due(store: Store) -> None:
    state = State(serving=NEW, previous=OLD, warm_until=time.time() + 60, proxy=PROXY)
    store.keep(state)
    rollout.conclude(replace(REQUEST, release_id=""), Containers(), store, REPORT)
    assert store.state() == state
    assert not (store.folder / "journal.jsonl").exists()


def test_a_step_that_a_person_keeps_away_changes_nothing(store: Store) -> None:
    take(store, "ann@desk", 7200)
    with pytest.raises(SlipwayError, match="locked by ann@desk"):
        rollout.run("stage", REQUEST, Containers(), store, REPORT)
    assert store.state() == State()
    assert owner(store) == "ann@desk"


@pytest.mark.parametrize(
    ("word", "end", "serving"),
    [
        (CONFIRMED, COMMITTED, NEW),
        (COMMITTED, COMMITTED, NEW),
        (ABORTED, ABORTED, OLD),
        (TENTATIVE, CONFIRMED, OLD),
        (UNKNOWN, CONFIRMED, OLD),
    ],
)
def test_a_server_that_has_confirmed_asks_the_others_when_its_lease_ends(
    word: str, end: str, serving: Revision, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def ask(addresses: Mapping[str, str], ballot: str) -> dict[str, str]:
        asked.append((addresses, ballot))
        return {"two": word}

    monkeypatch.setattr(peers, "ask", ask)
    store.keep(WAITING)
    take(store, "staging", -1)
    rollout.conclude(replace(REQUEST, release_id=""), Containers(), store, REPORT)
    assert asked == [(BASIS.peers, REQUEST.ballot)]
    found = store.state()
    assert found.vote(REQUEST.ballot) == end
    assert found.serving is not None
    assert found.serving.id == serving.id
    assert owner(store) == ("staging" if end == CONFIRMED else None)


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """In the middle of a rollout the disk has no space left for the journal."""
    store.keep(replace(WAITING, phase=SWITCHED))
    monkeypatch.setattr(Store, "append", refuse)
    return store


def test_the_traffic_goes_back_on_a_full_disk(full: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def note(host: Host, action: Action) -> None:
        done.append(str(action))
        write_down(host, action)

    watched: list[str] = []
    monkeypatch.setattr(watchdog, "ensure", lambda *_: watched.append("ensure"))
    monkeypatch.setattr(Host, "perform", note)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(SlipwayError, match="No space left"):
        rollout.run("abort", REQUEST, Containers(), full, REPORT)
    assert done[:4] == ["record", f"start {OLD.id}", "route", "record"]
    assert set(done[4:]) <= set(done[:4])
    assert watched


def test_going_back_needs_no_journal(full: Store) -> None:
    rollout.run("abort", REQUEST, Containers(), full, REPORT)
    assert (full.state().phase, full.state().candidate) == (IDLE, None)


def test_going_forward_needs_a_journal_and_goes_back_without(full: Store) -> None:
    with pytest.raises(SlipwayError, match="the journal cannot be written: No space left"):
        rollout.run("confirm", REQUEST, Containers(), full, REPORT)
    assert full.state().phase == IDLE


def test_a_person_who_decides_for_a_server_keeps_the_lock_on_it(store: Store) -> None:
    store.keep(WAITING)
    take(store, "ann@desk", None)
    answer = rollout.run(
        "resolve", Request("shop", "one", extra={"end": "abort"}), Containers(), store, REPORT
    )
    assert answer["phase"] == IDLE
    assert owner(store) == "ann@desk"
