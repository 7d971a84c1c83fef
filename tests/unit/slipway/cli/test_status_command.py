"""What `slipway status` shows of servers that answer and of those that do not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from slipway import fleet, pulumi
from slipway.cli import slipway
from slipway.errors import SlipwayError
from slipway.release.status import Accessory, Running, Status
from tests.unit.slipway.settings import sample

SINCE = 1_795_237_573.0  # 2026-11-21 05:06:13 UTC
GOOD = Status(
    "production-1",
    "life",
    serving=Running("f2a9c1b33f2a", "v1.12.0", {}, SINCE),
    previous=Running("bbbbbbbbbbbb", "v1.11.0", {}),
)
OFF = SlipwayError("it cannot be reached", where="servers/production-2 (deploy@10.0.0.2:22)")


Shown = Callable[..., Result]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """The command on a terminal of 80 columns, for what the servers of a project answer."""
    (sample.project(tmp_path) / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    config = {f"shop:{key}": {"objectValue": value} for key, value in sample.VALID.items()}
    monkeypatch.setattr(pulumi, "ask", lambda *arguments: config)

    def shown(found: list[Status], faults: dict[str, SlipwayError], *options: str) -> Result:
        def survey(application: str, hosts: Any, skew: float) -> Any:
            assert (application, list(hosts)) == ("shop", ["one"])
            return {each.server: each for each in found}, faults

        monkeypatch.setattr(fleet, "survey", survey)
        return CliRunner().invoke(slipway, ["status", "-s", "live", *options])

    return shown


def test_a_server_tells_what_it_serves_and_since_when(shown: Shown) -> None:
    done = shown([GOOD], {})
    assert done.exit_code == 0
    _, line = done.stdout.splitlines()
    assert re.split(r"\s{2,}", line.strip()) == [
        *("production-1", "v1.12.0 (f2a9c1b33f2a)", "2026-11-21 05:06", "v1.11.0", "idle"),
    ]


def test_a_server_that_does_not_answer_hides_no_other(shown: Shown) -> None:
    done = shown([GOOD], {"production-2": OFF})
    assert done.exit_code == 1
    assert "v1.12.0" in done.stdout
    assert "production-2  no status" in done.stdout
    assert done.stdout.splitlines()[-1] == str(OFF)
    listed = json.loads(shown([GOOD], {"production-2": OFF}, "--json").stdout)
    assert [each.get("error") for each in listed] == [None, str(OFF)]


def test_every_problem_is_a_whole_line_that_names_the_server(
    shown: Shown,
) -> None:
    ill = Status(
        "one",
        "life",
        problems=("web-1: " + "long " * 30,),
        accessories={"postgres": Accessory("b", 1, "exited (1)")},
    )
    done = shown([ill], {})
    assert done.exit_code == 1
    assert done.stdout.splitlines()[2:] == [
        "one: web-1: " + "long " * 30,
        "one: postgres: exited (1)",
    ]


def test_a_server_with_nothing_on_it_has_dashes(shown: Shown) -> None:
    line = shown([Status("one", "life")], {}).stdout.splitlines()[1]
    assert line.split() == ["one", "nothing", "-", "-", "idle"]
