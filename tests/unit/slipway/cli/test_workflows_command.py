"""`slipway workflows write` says what it writes, and writes what the configuration says."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from slipway.cli import slipway
from tests.unit.slipway.ci.test_project import PROJECT, STACK


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.live.yaml").write_text(STACK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write() -> list[str]:
    result = CliRunner().invoke(slipway, ["workflows", "write", "out", "-s", "live"])
    assert result.exit_code == 0, result.output
    return [line.split()[0] for line in result.output.splitlines()]


def test_what_is_new_changed_or_unchanged_is_told(folder: Path) -> None:
    assert write() == ["new"] * 5
    (folder / "out/.github/workflows/ci.yml").write_text("name: mine\n")
    assert write() == ["changed", "unchanged", "unchanged", "unchanged", "unchanged"]


def test_other_files_stay_as_they_are(folder: Path) -> None:
    other = folder / "out/.github/workflows/docs.yml"
    other.parent.mkdir(parents=True)
    other.write_text("name: docs\n")
    write()
    assert other.read_text() == "name: docs\n"


def test_without_workflows_it_says_what_to_set(folder: Path) -> None:
    (folder / "Pulumi.live.yaml").write_text(STACK + "  delivery:workflows: null\n")
    result = CliRunner().invoke(slipway, ["workflows", "write", "out", "-s", "live"])
    assert str(result.exception) == (
        "live: no workflows are configured. Set slipway:workflows, see docs/workflows.md"
    )
