"""People take the lock and give it back; rollouts of others are refused meanwhile."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.state import lock as record
from slipway.agent.state.store import Store
from slipway.agent.steps import lock
from slipway.errors import SlipwayError
from slipway.protocol.answers import LockAnswer
from slipway.protocol.requests import LockRequest, Target, UnlockRequest
from tests.unit.slipway.agent.fake_engine import Containers

TARGET = Target("shop", "staging", "one")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".slipway" / "shop" / "staging")


def run(store: Store, request: LockRequest | UnlockRequest) -> LockAnswer:
    return lock.run(request, Containers(), store, Report(Redactor(()), stream=io.StringIO()))


def take(store: Store, owner: str, reason: str, seconds: float | None) -> LockAnswer:
    return run(store, LockRequest(TARGET, owner, reason, seconds))


def test_a_person_takes_and_gives_it_by_name(store: Store) -> None:
    taken = take(store, "ann", "a new disk", 60)
    assert taken.before is None
    assert taken.after is not None
    assert (taken.after.owner, taken.after.reason) == ("ann", "a new disk")
    assert taken.after.until == pytest.approx(taken.after.since + 60)
    assert abs(taken.after.since - time.time()) < 60
    with pytest.raises(SlipwayError, match=r"locked by ann .*\(a new disk\)"):
        record.refuse_others(store, "staging")
    assert run(store, UnlockRequest(TARGET)) == LockAnswer(before=taken.after, after=None)
    record.refuse_others(store, "staging")


def test_a_person_does_not_take_it_from_another_and_is_told_who_that_is(store: Store) -> None:
    taken = take(store, "ann", "a new disk", None)
    with pytest.raises(SlipwayError, match=r"locked by ann .*\(a new disk\)"):
        take(store, "bob", "a look", 60)
    before = run(store, UnlockRequest(TARGET)).before
    assert before == taken.after
    assert before is not None
    assert before.until is None


def test_a_lock_that_nobody_has_is_given_back_without_complaint(store: Store) -> None:
    assert run(store, UnlockRequest(TARGET)) == LockAnswer(None, None)
