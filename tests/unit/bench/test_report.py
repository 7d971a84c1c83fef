from __future__ import annotations

import io

import pytest
from rich.console import Console

from bench.report import Report, spread
from bench.seconds import Seconds


def test_a_report_in_markdown_is_a_table_with_its_notes_and_faults() -> None:
    report = Report("Deliveries", ("seconds", "median", "requests"))
    report.add("up", 9.876, 12345)
    report.notes.append("On 2 cores.")
    report.faults.append("1 request failed")
    assert report.markdown().splitlines() == [
        "**Deliveries**",
        "",
        "|seconds|median|requests|",
        "|---|---:|---:|",
        "| up | 9.88 | 12,345 |",
        "",
        "On 2 cores.",
        "",
        "**Fault**: 1 request failed",
    ]


def test_a_narrow_terminal_is_shown_every_digit() -> None:
    report = Report("Deliveries", ("seconds", *(f"column {n}" for n in range(8))))
    report.add("warm rollback", *("7.0 (6.5-7.4)" for _ in range(8)))
    shown = Console(width=60, record=True, file=io.StringIO())
    shown.print(report.table())
    assert "…" not in shown.export_text()


def test_a_spread_is_the_median_with_the_least_and_the_most() -> None:
    assert spread([9.0, 30.0, 10.0]) == "10.0 (9.0-30.0)"


def test_a_spread_of_what_is_always_the_same_is_one_number() -> None:
    assert spread([0.041, 0.042], digits=2) == "0.04"


def test_what_fails_is_not_timed() -> None:
    seconds = Seconds()
    with pytest.raises(RuntimeError), seconds.timed("up"):
        raise RuntimeError
    assert seconds == {}


def test_what_is_repeated_is_timed_every_time() -> None:
    seconds, done = Seconds(), list[int]()
    seconds.repeat("up", 3, lambda: done.append(1))
    assert (len(seconds["up"]), len(done)) == (3, 3)
    assert seconds.median("up") == sorted(seconds["up"])[1]
