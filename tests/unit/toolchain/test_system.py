from __future__ import annotations

import os

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import locking, paths, process, system
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
    assert failure.value.remedy == "Run `sudo apt-get install git make`, then try again."


def test_root_gets_them_installed_without_questions_and_their_services_not_started(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    settings: list[dict[str, str]] = []

    def run(command: list[str], *, env: dict[str, str], **_: object) -> None:
        commands.append(command)
        settings.append(env)

    machine.has("apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(process, "run", run)
    system.install(["git"])
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq"]
    assert commands == [
        ["dpkg", "--configure", "-a"],
        [*apt, "update"],
        [*apt, "install", "--yes", "--no-install-recommends", "git"],
    ]
    assert settings == [{"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}] * 3


def test_what_an_interrupted_dpkg_left_is_finished_first_and_told_by_apt_if_it_cannot_be(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has("apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    commands: list[str] = []

    def run(command: list[str], **_: object) -> None:
        commands.append(" ".join(command))
        if command[0] == "dpkg":
            raise ToolchainError("dpkg failed")

    monkeypatch.setattr(process, "run", run)
    system.install(["git"])
    assert commands[0] == "dpkg --configure -a"
    assert commands[-1].endswith("install --yes --no-install-recommends git")


def test_those_who_install_at_once_take_turns(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has("apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system, "INSTALL_LIMIT", 0.1)
    monkeypatch.setattr(process, "run", lambda command, **_: pytest.fail("did not wait"))
    with (
        locking.exclusive(paths.cache() / "packages.lock", limit=1),
        pytest.raises(ToolchainError, match="has held the lock"),
    ):
        system.install(["git"])


@pytest.mark.usefixtures("machine")
def test_another_system_is_told_what_to_install() -> None:
    with pytest.raises(ToolchainError, match="missing packages: git") as failure:
        system.install(["git"])
    assert "package manager" in failure.value.remedy
