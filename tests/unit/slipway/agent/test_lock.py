from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.agent import lock
from slipway.agent.lock import Lock, Moment, exclusive
from slipway.agent.store import Store
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
        "Wait for it, or until 2027-01-15 08:01:00 UTC, when its lease ends"
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


@pytest.mark.parametrize("jump", [-86_400, 86_400])
def test_a_clock_that_somebody_sets_neither_ends_nor_prolongs_a_lease(jump: float) -> None:
    held = Lock().claim("ann", "rollout", lease=60, now=NOON)
    set_anew = replace(NOON, wall=NOON.wall + jump)
    assert held.held(set_anew + 59)
    assert not held.held(set_anew + 60)


def test_after_a_boot_the_time_of_day_counts() -> None:
    held = Lock().claim("ann", "rollout", lease=60, now=NOON)
    booted = Moment(NOON.wall + 59, "another boot", 10.0)
    assert held.held(booted)
    assert not held.held(booted + 1)


def test_a_person_has_it_until_it_is_given_back() -> None:
    held = Lock().claim("ann by hand", "a new disk", lease=None, now=NOON)
    with pytest.raises(SlipwayError, match=r"locked by ann by hand .*\(a new disk\).*unlock"):
        held.claim("staging", "rollout", lease=60, now=NOON + 1_000_000)


def test_a_person_takes_and_gives_it_by_name(tmp_path: Path) -> None:
    store = Store(tmp_path / ".slipway" / "shop")
    lock.run("lock", {"owner": "ann", "reason": "a new disk", "seconds": 60}, store)
    holder = lock.load(store).held(lock.moment())
    assert holder is not None
    assert (holder.owner, holder.reason) == ("ann", "a new disk")
    assert lock.run("unlock", {}, store)["after"]["holder"] is None
    assert lock.load(store).held(lock.moment()) is None


def test_a_call_that_is_busy_with_just_that_is_told_to_end(tmp_path: Path) -> None:
    class ToldError(Exception): ...

    def told(*_: object) -> None:
        raise ToldError

    before = signal.signal(signal.SIGTERM, told)
    try:
        with exclusive(tmp_path, "rollout1"):
            assert not lock.interrupt(tmp_path, "rollout2")
            with pytest.raises(ToldError):
                lock.interrupt(tmp_path, "rollout1")
        assert not lock.interrupt(tmp_path, "rollout1")
    finally:
        signal.signal(signal.SIGTERM, before)


def test_two_calls_at_once_are_one_after_the_other_or_an_error(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path),
        pytest.raises(SlipwayError, match="another step has been running"),
        exclusive(tmp_path, patience=0),
    ):
        raise AssertionError("both hold the lock")
    with exclusive(tmp_path, patience=0):
        pass
