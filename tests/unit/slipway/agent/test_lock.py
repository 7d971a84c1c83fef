from __future__ import annotations

from pathlib import Path

import pytest

from slipway.agent import lock
from slipway.agent.lock import Lock, exclusive
from slipway.agent.store import Store
from slipway.errors import SlipwayError

NOON = 1_800_000_000.0


def test_a_rollout_renews_its_lease_with_every_step() -> None:
    first = Lock().claim("ann", "rollout of ab", lease=60, now=NOON)
    second = first.claim("ann", "rollout of ab", lease=60, now=NOON + 50)
    assert second.holder is not None
    assert (second.holder.since, second.holder.expires) == (NOON, NOON + 110)
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


def test_two_calls_at_once_are_one_after_the_other_or_an_error(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path),
        pytest.raises(SlipwayError, match="another step has been running"),
        exclusive(tmp_path, patience=0),
    ):
        raise AssertionError("both hold the lock")
    with exclusive(tmp_path, patience=0):
        pass
