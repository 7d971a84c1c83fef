from __future__ import annotations

import os

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import process, system
from toolchain.errors import ToolchainError


def test_missing_programs_are_named_by_package(machine: Machine) -> None:
    machine.has("git")
    machine.has("ssh")
    assert system.missing() == ["make", "openssh-client"]


def test_nothing_is_done_when_nothing_is_missing(machine: Machine) -> None:
    for name in system.PROGRAMS:
        machine.has(name)
    system.ensure()


def test_a_user_is_told_the_command_to_run(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has("apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ToolchainError) as failure:
        system.install(["git", "make"])
    assert failure.value.remedy == "Run `sudo apt-get install git make`, then `make setup` again."


def test_root_gets_them_installed_without_questions(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    machine.has("apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(process, "run", lambda command, **_: commands.append(command))
    system.install(["git"])
    assert [command[4:] for command in commands] == [
        ["update"],
        ["--yes", "--no-install-recommends", "install", "git"],
    ]


@pytest.mark.usefixtures("machine")
def test_another_system_is_told_what_to_install() -> None:
    with pytest.raises(ToolchainError, match="this machine lacks git") as failure:
        system.install(["git"])
    assert "package manager" in failure.value.remedy
