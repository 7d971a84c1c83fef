"""What failed in a rollout is kept for those who ask, and not for ever."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slipway.agent.state import incidents
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.answers import Fault, IncidentReport, TimelineEntry
from slipway.rollout.step import Step

FIRST = IncidentReport(
    transaction="rollout1",
    server="one",
    step=Step.PULL,
    release="ab",
    before="v1",
    time=1000.0,
    fault=Fault("web-1 exited (4)", "", "See its log above"),
    log=("line 1", "line 2"),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / ".slipway" / "shop" / "staging")
    store.prepare()
    return store


def entry(transaction: str, outcome: str) -> dict[str, object]:
    return {
        "time": 1.5,
        "step": "pull",
        "transaction": transaction,
        "action": "pull ab",
        "outcome": outcome,
    }


def test_the_first_fault_of_a_rollout_is_told(store: Store) -> None:
    incidents.keep(store, FIRST)
    incidents.keep(store, replace(FIRST, step=Step.SWITCH, time=1001.0))
    incidents.keep(store, replace(FIRST, transaction="rollout2", time=1002.0))
    assert incidents.first(store, "rollout1") == FIRST


def test_a_rollout_without_a_fault_has_none(store: Store) -> None:
    assert incidents.first(store, "rollout1") is None
    incidents.keep(store, FIRST)
    assert incidents.first(store, "rollout2") is None


def test_a_report_that_cannot_be_read_is_an_error(store: Store) -> None:
    incidents.keep(store, FIRST)
    (path,) = (store.folder / "incidents").iterdir()
    path.write_text('{"format": 3, "content": {}}')
    with pytest.raises(SlipwayError, match="it has format 3 instead of 5"):
        incidents.first(store, "rollout1")


def test_old_reports_go(store: Store) -> None:
    for number in range(incidents.KEPT + 3):
        incidents.keep(store, replace(FIRST, transaction=f"r{number}", time=1000.0 + number))
    assert len(list((store.folder / "incidents").iterdir())) == incidents.KEPT
    assert incidents.first(store, "r2") is None
    assert incidents.first(store, "r3") is not None


def test_a_timeline_has_what_was_done_in_one_rollout(store: Store) -> None:
    assert incidents.timeline(store, "a") == ()
    for transaction, outcome in (("a", "begun"), ("a", "done"), ("b", "done"), ("a", "failed: x")):
        store.append(entry(transaction, outcome))
    assert incidents.timeline(store, "a") == (
        TimelineEntry(1.5, "pull", "pull ab", "done"),
        TimelineEntry(1.5, "pull", "pull ab", "failed: x"),
    )


def test_a_timeline_has_the_last_actions_and_no_long_ones(store: Store) -> None:
    for number in range(incidents.TIMELINE_ENTRIES + 2):
        store.append(entry("a", f"failed: {number} " + "x" * 500))
    found = incidents.timeline(store, "a")
    assert (len(found), found[0].outcome[:10]) == (incidents.TIMELINE_ENTRIES, "failed: 2 ")
    assert {len(each.outcome) for each in found} == {incidents.LINE}


def test_half_a_line_of_the_journal_is_left_out(store: Store) -> None:
    store.append(entry("a", "done"))
    with (store.folder / "journal.jsonl").open("a") as journal:
        journal.write('{"action": "create", "transaction": "a", "outc')
    assert [each.action for each in incidents.timeline(store, "a")] == ["pull ab"]
