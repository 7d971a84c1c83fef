"""What `slipway history` shows, on a Pulumi with a fixed history."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from slipway.cli import slipway
from tests.unit.slipway.pulumi_cli import PulumiCli, entry

LONGEST = "v1.12.0-3f2a9c1b"
MESSAGE = "errors at checkout since the new basket"
UPDATE = entry(
    {"shop:version": LONGEST},
    message=MESSAGE,
    endTime="2026-11-21T05:02:05.000Z",
    environment={"git.author": "Ann Example"},
)


@pytest.fixture
def said(pulumi_cli: PulumiCli) -> Any:
    """What the command prints for a history, on a terminal of 80 columns."""

    def said(entries: list[Any], *options: str) -> str:
        pulumi_cli.history = entries
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
    assert all(word in words for word in [*MESSAGE.split(), "Ann", "Example"])


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
