from __future__ import annotations

import errno
import fcntl
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.agent.state import lock
from slipway.agent.state.lock import Holder, Lock, Moment, exclusive
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError

NOON = Moment(1_800_000_000.0, "boot", 5000.0)


def test_a_rollout_renews_its_lease_with_every_step() -> None:
    first = Lock().claim("ann", "rollout of ab", lease=60, now=NOON)
    second = first.claim("ann", "rollout of ab", lease=60, now=NOON + 50)
    assert second.holder is not None
    assert (second.holder.since, second.holder.ends) == (NOON.wall, NOON + 110)
    assert second.holder.fencing == 1


def test_somebody_else_is_told_who_holds_it_since_when_and_until_when() -> None:
    held = Lock().claim("ann", "rollout of ab", lease=60, now=NOON)
    with pytest.raises(SlipwayError) as error:
        held.claim("bob", "rollout of cd", lease=60, now=NOON + 59)
    assert str(error.value) == (
        "locked by ann since 2027-01-15 08:00:00 UTC (rollout of ab). "
        "Wait until it ends, at the latest when its lease expires, 2027-01-15 08:01:00 UTC"
    )


def test_an_ended_lease_is_taken_over_with_a_higher_fencing_number() -> None:
    held = Lock().claim("ann", "rollout of ab", lease=60, now=NOON)
    taken = held.claim("bob", "rollout of cd", lease=60, now=NOON + 60)
    assert taken.holder is not None
    assert (taken.holder.owner, taken.holder.fencing) == ("bob", 2)


def test_the_same_owner_may_begin_another_rollout() -> None:
    held = Lock().claim("ann", "rollout of ab", lease=60, now=NOON)
    again = held.claim("ann", "rollout of cd", lease=60, now=NOON + 1)
    assert again.fencing == 2


def test_fencing_numbers_go_on_after_a_release(tmp_path: Path) -> None:
    store = Store(tmp_path)
    lock.keep(store, Lock().claim("ann", "rollout", lease=60, now=NOON).release())
    assert lock.load(store).held(NOON) is None
    assert lock.load(store).claim("bob", "rollout", lease=60, now=NOON).fencing == 2


@given(st.integers(-(10**7), 10**7), st.integers(0, 120))
def test_a_clock_that_somebody_sets_neither_ends_nor_prolongs_a_lease(
    jump: int, later: int
) -> None:
    held = Lock().claim("ann", "rollout", lease=60, now=NOON)
    set_anew = replace(NOON, wall=NOON.wall + jump)
    assert bool(held.held(set_anew + later)) == (later < 60)


def test_after_a_boot_the_time_of_day_counts() -> None:
    held = Lock().claim("ann", "rollout", lease=60, now=NOON)
    booted = Moment(NOON.wall + 59, "another boot", 10.0)
    assert held.held(booted)
    assert not held.held(booted + 1)


def test_a_person_has_it_until_it_is_given_back() -> None:
    held = Lock().claim("ann by hand", "a new disk", lease=None, now=NOON)
    with pytest.raises(SlipwayError, match=r"locked by ann by hand .*\(a new disk\).*unlock"):
        held.claim("staging", "rollout", lease=60, now=NOON + 1_000_000)


MOMENTS = st.builds(Moment, st.floats(0, 1e10), st.text(), st.floats(0, 1e10))
HOLDERS = st.builds(
    Holder, st.text(), st.text(), st.floats(0, 1e10), st.none() | MOMENTS, st.integers(0)
)


@given(st.builds(Lock, st.integers(0), st.none() | HOLDERS))
def test_a_record_reads_back_as_it_was_written(record: Lock) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lock.keep(Store(Path(folder)), record)
        assert lock.load(Store(Path(folder))) == record


@pytest.mark.parametrize(
    "text", ['{"format": 4, "content": {"fencing": 1}}', "{", "[]", '{"format": 3}']
)
def test_a_record_that_cannot_be_read_is_nobodys_leave(text: str, tmp_path: Path) -> None:
    (tmp_path / "lock.json").write_text(text)
    with pytest.raises(SlipwayError, match=r"lock\.json"):
        lock.refuse_others(Store(tmp_path), "ann")


def test_time_goes_on_by_both_clocks_and_stays_in_one_boot() -> None:
    first, second = lock.moment(), lock.moment()
    assert first.until(second) >= 0
    assert first.until(first + 5) == pytest.approx(5)
    assert (first + 5).until(first) == pytest.approx(-5)
    assert first.boot == second.boot != ""
    assert abs(first.wall - time.time()) < 60


def test_a_call_waits_for_the_one_that_runs(tmp_path: Path) -> None:
    handle = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        os.close(handle)

    with exclusive(tmp_path, timeout=1, sleep=sleep):
        assert waited == [lock.POLL]


def test_a_full_disk_keeps_no_call_from_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with exclusive(tmp_path, "rollout1"):
        assert not lock.interrupt(tmp_path, "rollout1")


class ToldError(Exception):
    """SIGTERM came."""


@pytest.fixture
def told() -> Iterator[None]:
    def tell(*_: object) -> None:
        raise ToldError

    before = signal.signal(signal.SIGTERM, tell)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("told")
def test_a_call_that_is_busy_with_just_that_is_told_to_end(tmp_path: Path) -> None:
    with exclusive(tmp_path, "rollout1"):
        assert not lock.interrupt(tmp_path, "rollout2")
        with pytest.raises(ToldError):
            lock.interrupt(tmp_path, "rollout1")
    assert not lock.interrupt(tmp_path, "rollout1")


@pytest.mark.usefixtures("told")
def test_the_number_of_a_process_that_was_killed_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(f"{os.getpid()} rollout1")  # it has another owner by now
    assert not lock.interrupt(tmp_path, "rollout1")


@pytest.mark.parametrize("text", ["", "rollout1", "x rollout1"])
def test_nothing_is_told_to_end_where_no_call_says_what_it_is_busy_with(
    text: str, tmp_path: Path
) -> None:
    assert not lock.interrupt(tmp_path, "rollout1")
    with exclusive(tmp_path):
        (tmp_path / "lock").write_text(text)
        assert not lock.interrupt(tmp_path, "rollout1")


def test_a_call_that_fails_keeps_nobody_out(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="full"), exclusive(tmp_path, "rollout1"):
        raise SlipwayError("the disk is full")
    with exclusive(tmp_path, timeout=0):
        assert not lock.interrupt(tmp_path, "rollout1")


def test_two_calls_at_once_are_one_after_the_other_or_an_error(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path),
        pytest.raises(SlipwayError, match="another step has been running"),
        exclusive(tmp_path, timeout=0),
    ):
        raise AssertionError("both hold the lock")
    with exclusive(tmp_path, timeout=0):
        pass
