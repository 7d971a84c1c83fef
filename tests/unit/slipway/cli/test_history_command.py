"""What `slipway history` shows, on a Pulumi with a fixed history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from slipway import pulumi
from slipway.cli import slipway

LONGEST = "v1.12.0-3f2a9c1b"
UPDATE = {
    "kind": "update",
    "result": "succeeded",
    "message": "errors at checkout since the new basket",
    "startTime": "2026-11-21T05:00:00.000Z",
    "endTime": "2026-11-21T05:02:05.000Z",
    "environment": {"git.author": "Ann Example"},
    "config": {"shop:version": {"value": LONGEST}},
}


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the command prints for a history, on a terminal of 80 columns."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def said(entries: list[Any], *options: str) -> str:
        monkeypatch.setattr(pulumi, "ask", lambda *arguments: entries)
        done = CliRunner().invoke(slipway, ["history", "-s", "live", *options])
        assert done.exit_code == 0, done.output
        return done.stdout

    return said


def test_what_matters_is_whole_in_80_columns(said: Any) -> None:
    head, first, *more = said([UPDATE]).splitlines()
    assert head.split("  ")[0] == "started (UTC)"
    assert all(len(line) <= 80 for line in (head, first, *more))
    for text in ("2026-11-21 05:00", LONGEST, "succeeded", "125 s"):
        assert text in first
    words = " ".join((first, *more)).split()
    assert all(word in words for word in [*UPDATE["message"].split(), "Ann", "Example"])  # type: ignore[attr-defined]


def test_what_is_not_an_update_is_called_what_it_is(said: Any) -> None:
    words = said([{**UPDATE, "kind": "destroy", "result": "failed"}]).split()
    assert {"destroy", "failed"} <= set(words)


def test_an_update_by_nobody_known_has_a_dash(said: Any) -> None:
    line = said([{**UPDATE, "environment": {}, "message": ""}]).splitlines()[1]
    assert line.split()[-2:] == ["-", "-"]


def test_json_has_every_field_whole(said: Any) -> None:
    (update,) = json.loads(said([UPDATE], "--json"))
    assert (update["actor"], update["kind"]) == ("Ann Example", "update")
    assert update["started"] == "2026-11-21 05:00:00+00:00"
