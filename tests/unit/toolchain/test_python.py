from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import python


def complete(machine: Machine, folder: Path) -> None:
    machine.has("python", folder=folder / "bin")
    (folder / python.COMPLETE).touch()


def test_an_environment_counts_when_it_is_complete(machine: Machine) -> None:
    machine.has("python", folder=python.directory() / "bin")
    assert not python.ready()
    (python.directory() / python.COMPLETE).touch()
    assert python.ready()


def test_the_environment_of_another_python_is_not_the_one_to_use(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(machine, python.directory())
    monkeypatch.setattr(sys, "base_prefix", "/opt/python")
    assert not python.ready()


def test_the_environment_of_another_lock_file_is_not_the_one_to_use(
    machine: Machine, tmp_path: Path
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("pulumi==3.272.0")
    complete(machine, python.directory(lock))
    assert python.ready(lock)
    lock.write_text("pulumi==3.273.0")
    assert not python.ready(lock)


def test_the_environment_lists_its_packages_as_pulumis_language_host_asks_for_them() -> None:
    asked = [sys.executable, "-m", "pip", "list", "-v", "--format", "json"]
    told = subprocess.run(asked, capture_output=True, check=True, timeout=30)
    assert "pulumi" in {package["name"] for package in json.loads(told.stdout)}
