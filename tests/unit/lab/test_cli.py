from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab import lifecycle
from lab.cli import lab
from lab.lifecycle import Health

READY = Health("staging-1", "10.88.0.11", "running", ready=True, containers=3)
BROKEN = Health("production-1", "10.88.0.21", "exited", ready=False, containers=0)


def status(
    monkeypatch: pytest.MonkeyPatch, machines: list[Health], *options: str
) -> tuple[int, str]:
    monkeypatch.setattr(lifecycle, "status", lambda: machines)
    result = CliRunner().invoke(lab, ["status", *options])
    return result.exit_code, result.stdout


def test_status_succeeds_when_every_machine_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = status(monkeypatch, [READY])
    assert code == 0
    assert "staging-1" in said


def test_status_fails_when_one_machine_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(monkeypatch, [READY, BROKEN])[0] == 1


def test_status_of_no_lab_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = status(monkeypatch, [])
    assert code == 1
    assert "slipway lab up" in said


def test_status_as_json_has_everything_that_the_table_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = json.loads(status(monkeypatch, [READY], "--json")[1])[0]
    assert machine == {
        "name": "staging-1",
        "address": "10.88.0.11",
        "state": "running",
        "ready": True,
        "containers": 3,
    }


def test_env_leads_a_shell_to_the_labs_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", f"{tmp_path}/with space")
    output = CliRunner().invoke(lab, ["env"]).stdout.splitlines()
    assert f"export SSH_AUTH_SOCK='{tmp_path}/with space/slipway/lab/agent.sock'" in output
    assert output[-1] == f"cd '{tmp_path}/with space/slipway/lab/project'"
