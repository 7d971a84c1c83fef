"""The report of a rollout that failed, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from slipway import incident
from slipway.incident import Incident, write
from slipway.protocol.answers import (
    AbortAnswer,
    Fault,
    IncidentReport,
    RolloutAnswer,
    Running,
    TimelineEntry,
)
from slipway.rollout.state import Phase
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import Vote

RESULT = RolloutAnswer(
    Step.ABORT, "one", "bbbbbbbbbbbb", Phase.IDLE, Vote.ABORTED, changed=True,
    serving=Running("aaaaaaaaaaaa", "v1", {}, since=1.7e9), switch_seconds=0.1, seconds=0.5,
    warnings=(), note="",
)  # fmt: skip
REPORT = IncidentReport(
    transaction="t",
    server="one",
    step=Step.SWITCH,
    release="bbbbbbbbbbbb",
    before="v1 (aaaaaaaaaaaa)",
    time=1_800_000_002.0,
    fault=Fault("web-1 exited (4)", "", "See its log above"),
    log=("web-1 | out of memory",),
)
ONE = AbortAnswer(
    RESULT,
    REPORT,
    (
        TimelineEntry(1_800_000_001.5, "stage", "ready ab", "done"),
        TimelineEntry(1_800_000_000.25, "stage", "pull ab", "done"),
    ),
)
TWO = AbortAnswer(RESULT, None, (TimelineEntry(1_800_000_001.0, "stage", "pull ab", "done"),))
INCIDENT = Incident(
    "staging",
    "shop",
    "v2",
    "shop-switch-one",
    {"one": "rolled back to v1 (aaaaaaaaaaaa)", "two": "not reached (No route to host)"},
    {"one": ONE, "two": TWO},
    ("command failed",),
)
TEXT = """\
shop v2 on staging: shop-switch-one failed

one: rolled back to v1 (aaaaaaaaaaaa)
two: not reached (No route to host)

one, step switch: web-1 exited (4)
  before: v1 (aaaaaaaaaaaa)
  remedy: See its log above
  log:
    web-1 | out of memory

Timeline (UTC)
  08:00:00.250  one  stage: pull ab done
  08:00:01.000  two  stage: pull ab done
  08:00:01.500  one  stage: ready ab done
"""


def test_a_report_tells_what_failed_where_when_and_what_serves_now() -> None:
    assert INCIDENT.text() == TEXT


def test_a_server_that_served_nothing_and_has_neither_remedy_nor_log_says_no_more() -> None:
    bare = replace(REPORT, before="", fault=Fault("it is full", "", ""), log=())
    text = replace(INCIDENT, servers={"one": replace(ONE, incident=bare)}).text()
    assert "one, step switch: it is full\n  before: nothing served\n\nTimeline" in text
    assert "remedy" not in text


def test_programs_get_all_of_it() -> None:
    data = json.loads(json.dumps(INCIDENT.data()))
    servers = data.pop("servers")
    assert data == {
        "environment": "staging",
        "application": "shop",
        "version": "v2",
        "failed_step": "shop-switch-one",
        "errors": ["command failed"],
        "outcomes": {
            "one": "rolled back to v1 (aaaaaaaaaaaa)", "two": "not reached (No route to host)",
        },
    }  # fmt: skip
    assert servers["one"]["incident"]["fault"] == {
        "what": "web-1 exited (4)", "where": "", "remedy": "See its log above",
    }  # fmt: skip
    assert servers["one"]["timeline"][0] == {
        "time": 1_800_000_001.5, "step": "stage", "action": "ready ab", "outcome": "done",
    }  # fmt: skip
    assert servers["two"]["incident"] is None


def test_it_is_kept_for_its_owner_as_text_and_for_programs(tmp_path: Path) -> None:
    text = write(INCIDENT, tmp_path)
    assert text.read_text() == TEXT
    assert json.loads(text.with_suffix(".json").read_text()) == INCIDENT.data()
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_two_reports_do_not_overwrite_each_other(tmp_path: Path) -> None:
    assert write(INCIDENT, tmp_path) != write(INCIDENT, tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


def test_only_the_newest_reports_of_an_environment_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incident, "KEPT", 2)
    another = write(replace(INCIDENT, environment=f"{INCIDENT.environment}-2"), tmp_path)
    written = [write(INCIDENT, tmp_path) for _ in range(4)]
    assert set(tmp_path.glob("*.txt")) == {another, *written[2:]}
    assert len(list(tmp_path.glob("*.json"))) == 3
