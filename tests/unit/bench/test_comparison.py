from __future__ import annotations

from collections import Counter

from bench.comparison import COLUMNS, Trial, report
from bench.traffic import Traffic
from lab.load import Result

WELL = Result("one", 2500, 10.0, [], Counter({"2xx": 2500}))
ILL = Result("one", 2500, 10.0, ["ConnectionRefusedError: gone"])


def trial(name: str, result: Result) -> Trial:
    return Trial(name, "as it does", [9.0], [0.012], [0.05], Traffic([result]))


def test_every_tool_has_a_line_with_its_failed_requests() -> None:
    found = report([trial("Slipway", WELL), trial("another", ILL)])
    assert [row[0] for row in found.rows] == ["Slipway", "another"]
    assert [row[COLUMNS.index("failed")] for row in found.rows] == ["0", "1"]


def test_only_our_own_failed_requests_are_faults() -> None:
    assert report([trial("Slipway", WELL), trial("another", ILL)]).faults == []
    (fault,) = report([trial("Slipway", ILL)]).faults
    assert "1 of 2,500 requests failed" in fault


def test_a_tool_that_fails_keeps_its_line_and_the_others_theirs() -> None:
    found = report([Trial("another", "as it does", fault="no such image"), trial("Slipway", WELL)])
    assert found.faults == ["another: no such image"]
    assert [row[0] for row in found.rows] == ["another", "Slipway"]
    assert all(len(row) == len(COLUMNS) for row in found.rows)
