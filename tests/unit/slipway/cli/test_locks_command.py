"""What a person tells all servers at once: keep rollouts away, let them in, decide."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from slipway import fleet, pulumi
from slipway.cli import locks as module
from slipway.cli import slipway
from slipway.errors import SlipwayError
from slipway.release.status import Status
from slipway.remote import Answer, Host
from tests.unit.slipway.settings import sample

Told = dict[str, Any]
Run = Callable[..., tuple[Result, Told]]
OK = Answer(0, "{}", "")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command, and what its one server `one` was told."""
    (sample.project(tmp_path) / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    config = {f"shop:{key}": {"objectValue": value} for key, value in sample.VALID.items()}
    monkeypatch.setattr(pulumi, "ask", lambda *arguments: config)

    def run(*arguments: str, answer: Answer = OK, phase: str = "idle") -> tuple[Result, Told]:
        told: Told = {}

        def ask(
            hosts: Sequence[Host], command: str, *, stdin: Mapping[str, str]
        ) -> dict[str, Answer]:
            told.update({host.name: (command, json.loads(stdin[host.name])) for host in hosts})
            return {host.name: answer for host in hosts}

        monkeypatch.setattr(module, "ask", ask)
        found = {"one": Status("one", "life", phase=phase)}
        monkeypatch.setattr(fleet, "statuses", lambda *_: found)
        return CliRunner().invoke(slipway, [*arguments, "-s", "live"]), told

    return run


def test_a_lock_says_who_why_and_for_how_long(run: Run) -> None:
    done, told = run("lock", "-m", "a new disk", "--for", "2h")
    assert done.exit_code == 0
    assert done.stdout == "one: lock done\n"
    command, order = told["one"]
    assert command.endswith("agent.pyz lock")
    assert (order["application"], order["reason"], order["seconds"]) == ("shop", "a new disk", 7200)
    assert "@" in order["owner"]


def test_a_lock_without_a_time_lasts_until_it_is_given_back(run: Run) -> None:
    assert run("lock", "-m", "a new disk")[1]["one"][1]["seconds"] is None
    assert run("unlock")[1]["one"][0].endswith("agent.pyz unlock")


def test_a_server_that_refuses_is_named_with_its_reason(run: Run) -> None:
    done, _ = run("lock", "-m", "why", answer=Answer(1, "", "progress\nlocked by bob"))
    assert isinstance(done.exception, SlipwayError)
    assert str(done.exception) == "one: locked by bob"


def test_a_decision_is_told_only_to_servers_that_wait_for_one(run: Run) -> None:
    done, told = run("resolve", "--end", "abort", phase="confirmed")
    assert done.exit_code == 0
    assert told["one"][1]["end"] == "abort"
    refused, told = run("resolve", "--end", "commit", phase="idle")
    assert "no server is confirmed" in str(refused.exception)
    assert told == {}
