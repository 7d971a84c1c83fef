"""The watchdog acts when something is due, sleeps until then, and goes when nothing is left."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.agent import watchdog
from slipway.agent.state import lock
from slipway.agent.state.lock import Lock, Moment
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.requests import Target
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import Phase, State, install
from tests.unit.slipway.rollout.sample import PROXY, release

TARGET = Target("shop", "staging", "one")
NOON = Moment(1_800_000_000.0, "boot", 5000.0)
OLD = install(State(), release("v1"), PROXY, context=RolloutContext())
LEASED = Lock().claim("ann", "rollout", lease=60, now=NOON)
BUSY = st.sampled_from([each for each in Phase if each is not Phase.IDLE])


@given(BUSY, st.integers(0, 200))
def test_a_rollout_is_due_when_its_lease_ends(phase: Phase, later: int) -> None:
    assert watchdog.due(State(phase=phase), LEASED, NOON + later) == 60 - later


@given(BUSY)
def test_a_rollout_without_a_lease_is_due_at_once(phase: Phase) -> None:
    endless = Lock().claim("ann by hand", "a new disk", lease=None, now=NOON)
    for record in (Lock(), LEASED.release(), endless):
        assert watchdog.due(State(phase=phase), record, NOON) == 0


@pytest.mark.parametrize("jump", [-86_400, 86_400])
def test_a_clock_that_somebody_sets_moves_no_end_of_a_lease(jump: float) -> None:
    set_anew = replace(NOON, wall=NOON.wall + jump)
    assert watchdog.due(State(phase=Phase.STARTED), LEASED, set_anew + 10) == 50


@given(st.integers(-100, 100))
def test_a_warm_release_is_due_when_its_time_ends(left: int) -> None:
    warm = State(previous=OLD, warm_until=NOON.wall + left)
    assert watchdog.due(warm, Lock(), NOON) == left
    assert watchdog.due(warm, LEASED, NOON) == left


def test_nothing_is_due_where_no_rollout_is_under_way_and_nothing_is_warm() -> None:
    for state in (State(), State(serving=OLD), State(previous=OLD), State(warm_until=NOON.wall)):
        assert watchdog.due(state, LEASED, NOON) is None


class Server:
    """A server on which time passes only while the watchdog sleeps."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = Store(folder / ".slipway" / "shop" / "staging")
        self.store.prepare()
        self.now = NOON
        self.slept: list[float] = []
        self.concluded: list[float] = []  # seconds after noon
        self.faults: list[Exception] = []  # of the next tries
        monkeypatch.setattr(lock, "moment", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def stage(self, lease: float) -> None:
        self.store.keep(State(phase=Phase.STARTED))
        lock.keep(self.store, lock.load(self.store).claim("ann", "it", lease=lease, now=self.now))

    def conclude(self) -> None:
        self.concluded.append(self.now.wall - NOON.wall)
        assert len(self.concluded) < 10, "it goes round and round"
        if self.faults:
            raise self.faults.pop(0)
        self.store.keep(State())

    def watch(self) -> None:
        watchdog.watch(self.store, self.conclude)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(tmp_path, monkeypatch)


@contextmanager
def another(store: Store) -> Iterator[int]:
    """A watchdog that is there already."""
    handle = os.open(store.folder / watchdog.LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield handle
    finally:
        os.close(handle)


def test_it_acts_when_the_lease_ends_and_goes(server: Server) -> None:
    server.stage(lease=2.5)
    server.watch()
    assert server.concluded == [2.5]


def test_it_goes_at_once_where_there_is_nothing_to_wait_for(server: Server) -> None:
    server.watch()
    assert (server.concluded, server.slept) == ([], [])


def test_it_never_sleeps_through_a_step_that_renews_the_lease(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stage(lease=3)

    def sleep(seconds: float) -> None:
        server.sleep(seconds)
        if len(server.slept) == 2:
            server.stage(lease=3)

    monkeypatch.setattr(time, "sleep", sleep)
    server.watch()
    assert server.concluded == [5]
    assert max(server.slept[:5]) <= watchdog.LONGEST_SLEEP


def test_it_goes_when_somebody_else_has_ended_the_rollout(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stage(lease=60)

    def sleep(seconds: float) -> None:
        server.sleep(seconds)
        server.store.keep(State())

    monkeypatch.setattr(time, "sleep", sleep)
    server.watch()
    assert (server.concluded, len(server.slept)) == ([], 1)


@pytest.mark.parametrize("fault", [SlipwayError("the engine is away"), OSError("no space left")])
def test_a_server_that_could_not_act_tries_again_a_little_later(
    fault: Exception, server: Server
) -> None:
    server.faults = [fault, fault]
    server.stage(lease=1)
    server.watch()
    assert server.concluded == [1, 1 + watchdog.RETRY_PAUSE, 1 + 2 * watchdog.RETRY_PAUSE]


def test_a_release_that_could_not_be_put_to_rest_is_tried_again_a_little_later(
    server: Server,
) -> None:
    server.faults = [OSError("no space left")]
    server.store.keep(State(previous=OLD, warm_until=NOON.wall + 1))
    server.watch()
    assert server.concluded == [1, 1 + watchdog.RETRY_PAUSE]


def test_a_second_one_ends_at_once(server: Server) -> None:
    server.stage(lease=-1)
    with another(server.store):
        server.watch()
    assert server.concluded == []


def test_somebody_who_only_looks_whether_it_is_there_does_not_keep_it_away(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stage(lease=-1)
    with another(server.store) as looking:

        def sleep(seconds: float) -> None:
            server.sleep(seconds)
            fcntl.flock(looking, fcntl.LOCK_UN)

        monkeypatch.setattr(time, "sleep", sleep)
        server.watch()
    assert len(server.concluded) == 1


class Starting:
    """An agent of which only the call that starts the watchdog is real."""

    def __init__(self, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.told = store, folder / "told"
        agent = folder / "agent.py"
        agent.write_text(
            "import json, os, pathlib, sys\n"
            "draft = pathlib.Path(__file__).with_name('draft')\n"
            "session = os.getsid(0) == os.getpid()\n"
            "draft.write_text(json.dumps([sys.argv[1:], session, os.getcwd()]))\n"
            "draft.rename(draft.with_name('told'))\n"
        )
        monkeypatch.setattr(sys, "argv", [str(agent)])

    def ensure(self) -> object:
        """What the process that was started says of itself."""
        watchdog.ensure(self.store, TARGET)
        limit = time.monotonic() + 10
        while not self.told.exists():
            assert time.monotonic() < limit
            time.sleep(0.01)
        return json.loads(self.told.read_text())


@pytest.fixture
def starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Starting:
    store = Store(tmp_path / ".slipway" / "shop" / "staging")
    store.prepare()
    return Starting(store, tmp_path, monkeypatch)


def test_it_is_started_apart_from_the_session_that_needs_it(starting: Starting) -> None:
    starting.store.keep(State(phase=Phase.STARTED))
    assert starting.ensure() == [["watch", "shop", "staging"], True, "/"]


def test_it_is_started_anew_where_an_earlier_one_has_gone(starting: Starting) -> None:
    starting.store.keep(State(phase=Phase.STARTED))
    with another(starting.store):
        pass
    assert starting.ensure() == [["watch", "shop", "staging"], True, "/"]


def none_may_start(*_: object, **__: object) -> None:
    raise AssertionError("one was started")


def test_none_is_started_beside_another(
    starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.Popen", none_may_start)
    starting.store.keep(State(phase=Phase.STARTED))
    with another(starting.store):
        watchdog.ensure(starting.store, TARGET)


def test_none_is_started_where_there_is_nothing_to_wait_for(
    starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.Popen", none_may_start)
    watchdog.ensure(starting.store, TARGET)
