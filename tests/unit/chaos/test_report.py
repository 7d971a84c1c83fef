from __future__ import annotations

import json
from pathlib import Path

from chaos import report
from chaos.scenarios import SCENARIOS
from chaos.trial import Outcome

FIRST, SECOND, *_ = (scenario.title for scenario in SCENARIOS)
GOOD = Outcome(FIRST, 12_345, end="new", code=0, changes=0, seconds=20.4, healed=True)
BAD = Outcome(SECOND, 900, ["503 b''"], 7, "old", 1, 0, 31.0, ["1 requests failed: 503 b''"])


def test_a_row_says_what_came_of_a_scenario() -> None:
    assert report.cells(GOOD) == [FIRST, "12,345", "0", "0", "new", "0", "nothing", "20", "✓"]
    assert report.cells(BAD) == [SECOND, "900", "1", "7", "old", "1", "nothing", "31", "✗"]


def test_an_update_that_a_signal_ended_was_killed() -> None:
    assert "killed" in report.cells(Outcome(FIRST, code=-9))


def test_a_scenario_measured_again_replaces_its_row_and_no_other(tmp_path: Path) -> None:
    for outcome in (BAD, GOOD, Outcome(SECOND, 800, end="old", code=1, changes=3)):
        report.keep(outcome, tmp_path)
    kept = json.loads((tmp_path / "table.json").read_text())
    assert list(kept) == [FIRST, SECOND]
    assert (kept[FIRST]["requests"], kept[SECOND]["requests"]) == (12_345, 800)
    assert "✗" not in (tmp_path / "table.md").read_text()


def test_the_file_for_people_says_what_is_wrong(tmp_path: Path) -> None:
    report.keep(GOOD, tmp_path)
    report.keep(BAD, tmp_path)
    text = (tmp_path / "table.md").read_text()
    assert f"| {FIRST} | 12,345 | 0 |" in text
    assert text.endswith(f"- {SECOND}: 1 requests failed: 503 b''\n")


def test_a_row_of_a_scenario_that_is_no_more_goes(tmp_path: Path) -> None:
    report.keep(Outcome("juggling: three balls"), tmp_path)
    report.keep(GOOD, tmp_path)
    assert list(json.loads((tmp_path / "table.json").read_text())) == [FIRST]
