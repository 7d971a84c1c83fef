from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import environment, language_host, paths, pulumi, python
from toolchain.errors import ToolchainError


@pytest.fixture
def ready(machine: Machine) -> Machine:
    machine.has("pulumi", folder=pulumi._built_directory())
    machine.has("python", folder=python.directory() / "bin")
    (python.directory() / python.COMPLETE).touch()
    return machine


def test_before_a_set_up_the_remedy_is_to_set_up(machine: Machine) -> None:
    with pytest.raises(ToolchainError, match="not installed") as failure:
        environment.variables()
    assert failure.value.remedy == "Run `make setup` first."


def test_an_environment_that_was_not_completed_does_not_count(ready: Machine) -> None:
    (python.directory() / python.COMPLETE).unlink()
    with pytest.raises(ToolchainError):
        environment.variables()


def test_the_environment_the_cli_and_the_command_come_first_on_path(ready: Machine) -> None:
    assert environment.variables()["PATH"].split(os.pathsep) == [
        str(python.directory() / "bin"),
        str(pulumi._built_directory()),
        str(paths.REPOSITORY / "bin"),
        str(ready.programs),
    ]


def test_the_machines_own_cli_stays_where_it_is_on_path(ready: Machine) -> None:
    ready.has("pulumi", says="v3.300.0")
    ready.has(language_host.NAME)
    entries = environment.variables()["PATH"].split(os.pathsep)
    assert str(pulumi._built_directory()) not in entries
    assert entries[-1] == str(ready.programs)


def test_a_second_evaluation_changes_nothing(
    ready: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = environment.variables()
    monkeypatch.setenv("PATH", first["PATH"])
    assert environment.variables() == first


def test_the_environment_of_an_older_lock_file_leaves_path(
    ready: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ready.cache / "venv-cpython-311-000000000000" / "bin"
    monkeypatch.setenv("PATH", f"{old}:{ready.programs}")
    assert str(old) not in environment.variables()["PATH"].split(os.pathsep)


def test_what_tools_keep_lies_outside_the_repository(ready: Machine) -> None:
    kept = ["MYPY_CACHE_DIR", "RUFF_CACHE_DIR", "HYPOTHESIS_STORAGE_DIRECTORY", "PULUMI_HOME"]
    values = environment.variables()
    assert [name for name in kept if ready.cache not in Path(values[name]).parents] == []
    assert str(ready.cache) in values["PYTEST_ADDOPTS"]


def test_lines_for_a_shell_survive_spaces_and_quotes() -> None:
    value = "a 'quoted' $HOME"
    script = f'{environment.exports({"VALUE": value})}\nprintf %s "$VALUE"'
    shell = subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, timeout=10, check=True
    )
    assert shell.stdout == value


def test_every_line_is_an_export_or_unset() -> None:
    lines = environment.exports({"A": "1", "B": "2"}).splitlines()
    assert [shlex.split(line)[0] for line in lines] == ["unset", "export", "export"]


def test_a_command_that_does_not_exist_is_an_error(ready: Machine) -> None:
    with pytest.raises(ToolchainError, match="cannot run no-such-command"):
        environment.execute(["no-such-command"])


def test_what_runs_in_the_background_can_be_interrupted_nevertheless() -> None:
    asked = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    run = f"{shlex.quote(sys.executable)} -m toolchain run python -c {shlex.quote(asked)}"
    ran = subprocess.run(
        ["/bin/sh", "-c", f"trap '' INT; {run}"],
        cwd=paths.REPOSITORY,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ran.stdout == "False\n"
