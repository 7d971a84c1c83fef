"""How Pulumi's command line is run, and what is read of a project."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from slipway import process
from slipway.errors import SlipwayError
from slipway.stack import workspace
from slipway.stack.workspace import READ_LIMIT, Cli
from tests.unit.slipway.pulumi_cli import PulumiCli

Runs = list[tuple[list[str], dict[str, Any]]]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> tuple[Cli, Runs, Callable[[int, str, str], None]]:
    """The command line, what it starts, and how to answer that."""
    monkeypatch.setattr(PulumiCommand, "__init__", lambda self: setattr(self, "command", "pulumi"))
    runs: Runs = []
    answer = [(0, "{}", "")]

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        runs.append((command, options))
        return subprocess.CompletedProcess(command, *answer[0])

    monkeypatch.setattr(process, "run", run)
    return Cli(), runs, lambda *said: answer.__setitem__(0, said)


def test_what_only_reads_has_a_time_limit(cli: Any) -> None:
    command, runs, _ = cli
    assert command.run(["stack", "history"], "/shop", {"A": "b"}).stdout == "{}"
    ((started, options),) = runs
    assert started == ["pulumi", "--non-interactive", "stack", "history"]
    assert (options["limit"], options["folder"]) == (READ_LIMIT, "/shop")
    assert options["environment"]["A"] == "b"
    assert "PATH" in options["environment"]


def test_a_failure_is_told_in_pulumis_own_words(cli: Any) -> None:
    command, _, answers = cli
    answers(255, "", "error: no stack named 'nosuch' found\n")
    with pytest.raises(SlipwayError, match=r"^pulumi stack history: no stack named 'nosuch' found"):
        command.run(["stack", "history", "--json"], "/shop", {})


def test_an_update_is_run_by_the_automation_api(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    command, runs, _ = cli
    given: list[Any] = []
    monkeypatch.setattr(PulumiCommand, "run", lambda self, *arguments: given.extend(arguments))
    command.run(["up"], "/shop", {}, print, None)
    assert (given, runs) == ([["up"], "/shop", {}, print, None], [])


def test_opening_a_stack_runs_nothing_and_selects_nothing(pulumi_cli: PulumiCli) -> None:
    workspace.open_stack("live")
    assert pulumi_cli.commands == []


@pytest.mark.parametrize("folder", [".", "examples/shop"])
def test_commands_run_in_the_projects_folder(
    pulumi_cli: PulumiCli, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    project = Path.cwd()
    monkeypatch.chdir(folder)
    workspace.configuration(workspace.open_stack("live"))
    assert pulumi_cli.folders == {str(project)}


def test_without_pulumi_the_error_says_how_to_get_it(
    pulumi_cli: PulumiCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Cli:
        raise FileNotFoundError("pulumi")

    monkeypatch.setattr(workspace, "Cli", missing)
    with pytest.raises(SlipwayError, match=r"^pulumi: it is not installed\. .*make setup"):
        workspace.open_stack("live")


def test_the_configuration_is_that_of_the_projects_namespace(pulumi_cli: PulumiCli) -> None:
    pulumi_cli.config = {
        "shop:version": {"value": "v1", "secret": False},
        "shop:secrets": {"value": '{"A":"b"}', "objectValue": {"A": "b"}, "secret": True},
        "aws:region": {"value": "eu-central-1", "secret": False},
    }
    found = workspace.configuration(workspace.open_stack("live"))
    assert found == {"version": "v1", "secrets": '{"A":"b"}'}


def test_a_folder_outside_any_project_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SlipwayError, match=r"there is no Pulumi\.yaml\. Change to the project's"):
        workspace.project_file()


def test_a_stack_without_a_file_is_an_error(pulumi_cli: PulumiCli) -> None:
    with pytest.raises(SlipwayError, match=r"Pulumi\.nosuch\.yaml: there is no such stack file"):
        workspace.stack_file("nosuch")


def test_the_program_is_where_the_project_says(pulumi_cli: PulumiCli) -> None:
    assert workspace.program_folder() == Path.cwd()
    Path("Pulumi.yaml").write_text("name: shop\nmain: program\n")
    assert workspace.program_folder() == Path.cwd() / "program"
