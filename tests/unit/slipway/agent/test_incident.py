from __future__ import annotations

from pathlib import Path

import pytest

from slipway.agent import incident
from slipway.agent.health import ContainerError
from slipway.agent.store import Store

FACTS = {"server": "one", "step": "stage", "release": "ab", "before": "v1"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / ".slipway" / "shop")
    store.prepare()
    return store


def fault(lines: int = 1) -> ContainerError:
    return ContainerError("web-1 exited (4)", [f"line {n} " + "x" * 500 for n in range(lines)])


def test_the_first_fault_of_a_rollout_is_told_with_the_end_of_the_log(store: Store) -> None:
    incident.keep(store, "rollout1", fault(99), FACTS, 1000.0)
    incident.keep(store, "rollout1", fault(), {**FACTS, "step": "switch"}, 1001.0)
    incident.keep(store, "rollout2", fault(), FACTS, 1002.0)
    found = incident.of(store, "rollout1")
    assert (found["step"], found["fault"]["what"]) == ("stage", "web-1 exited (4)")
    assert len(found["log"]) == incident.LOG_LINES
    assert found["log"][-1].startswith("line 98 ")
    assert max(map(len, found["log"])) == incident.LINE


def test_a_rollout_without_a_fault_has_a_timeline_only(store: Store) -> None:
    for ballot, outcome in (("a", "begun"), ("a", "done"), ("b", "done"), ("a", "failed: full")):
        store.append(
            {"time": 1.0, "step": "stage", "ballot": ballot, "action": "pull", "outcome": outcome}
        )
    entry = {"time": "1.0", "step": "stage", "action": "pull"}
    assert incident.of(store, "a") == {
        "timeline": [{**entry, "outcome": "done"}, {**entry, "outcome": "failed: full"}]
    }


def test_half_a_line_of_the_journal_is_left_out(store: Store) -> None:
    store.append({"time": 1.0, "step": "stage", "ballot": "a", "action": "pull", "outcome": "done"})
    with (store.folder / "journal.jsonl").open("a") as journal:
        journal.write('{"action": "create", "ballot": "a", "outc')
    assert [each["action"] for each in incident.timeline(store, "a")] == ["pull"]


def test_old_reports_go(store: Store) -> None:
    for number in range(incident.KEPT + 3):
        incident.keep(store, f"rollout{number}", fault(), FACTS, 1000.0 + number)
    assert len(list((store.folder / "incidents").iterdir())) == incident.KEPT
    assert "fault" not in incident.of(store, "rollout2")
    assert "fault" in incident.of(store, "rollout3")
