from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import python


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs by a Python that is not the system's."""

    def become(path: Path, arguments: list[str]) -> None:
        raise SystemExit(" ".join([str(path), *arguments[1:]]))

    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setattr(sys, "base_prefix", "/opt/python")
    monkeypatch.delenv("PYTHON", raising=False)


@pytest.fixture
def systems(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Gives the machine a Python of its own that ends with a status when asked whether it fits."""

    def make(status: int) -> Path:
        program = machine.has("python3", exits=status)
        monkeypatch.setattr(python, "SYSTEM", program)
        return program

    return make


@pytest.mark.usefixtures("compiled")
def test_the_systems_python_is_preferred_to_one_that_somebody_has_compiled(
    systems: Callable[[int], Path],
) -> None:
    program = systems(0)
    with pytest.raises(SystemExit) as became:
        python.prefer_systems(["run", "true"])
    assert became.value.code == f"{program} -m toolchain run true"


@pytest.mark.usefixtures("compiled")
def test_one_that_is_too_old_or_makes_no_environments_is_left_alone(
    systems: Callable[[int], Path],
) -> None:
    systems(1)
    python.prefer_systems(["setup"])


@pytest.mark.usefixtures("compiled", "machine")
def test_a_machine_without_one_uses_what_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(python, "SYSTEM", tmp_path / "none")
    python.prefer_systems(["setup"])


@pytest.mark.usefixtures("compiled")
def test_a_python_that_is_named_is_kept(
    systems: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    systems(0)
    monkeypatch.setenv("PYTHON", "/opt/python/bin/python3")
    python.prefer_systems(["setup"])


def test_an_environment_made_otherwise_is_not_the_one_to_use(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = python.directory()
    machine.has("python", folder=folder / "bin")
    (folder / python.COMPLETE).touch()
    assert python.ready()
    monkeypatch.setattr(python, "COLLECT_SELDOM", "")
    assert not python.ready()


def test_pulumi_is_told_of_the_packages_that_pip_lists() -> None:
    told, listed = (
        subprocess.run([program, *python.LISTING.split()], capture_output=True, check=True).stdout
        for program in (python.launcher(), sys.executable)
    )
    assert json.loads(told) == json.loads(listed)


def test_everything_else_that_pulumi_starts_python_for_is_done_by_it() -> None:
    arguments = ["-c", "import sys; print(sys.executable, sys.argv[1:])", "a b", "$HOME"]
    told = subprocess.run(
        [python.launcher(), *arguments], capture_output=True, check=True, text=True
    )
    assert told.stdout == f"{python.interpreter()} ['a b', '$HOME']\n"


def test_pythons_of_the_environment_seldom_look_for_garbage() -> None:
    asked = [sys.executable, "-c", "import gc; print(gc.get_threshold()[0])"]
    assert subprocess.run(asked, capture_output=True, check=True, text=True).stdout == "100000\n"
