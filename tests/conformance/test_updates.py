"""What real updates by Pulumi's own engine leave behind."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_command as command
import pytest
from pulumi import automation

from lab.automation import empty, state_file

from .plugin import REPOSITORY, executable
from .sshd import Sshd

needs_pulumi = pytest.mark.skipif(
    not shutil.which("pulumi"), reason="run by `make test`, which brings Pulumi along"
)


@pytest.fixture
def stack(sshd: Sshd, tmp_path: Path) -> Iterator[Step]:
    """One command on a server, in a stack of its own."""
    home = tmp_path / "home"
    install(home)
    step = Step(sshd, tmp_path / "log")
    step.stack = empty(tmp_path, "conformance", step.program, home)
    yield step
    step.arguments = {}
    step.stack.destroy()


class Step:
    """The step's inputs, the updates it goes through, and what ran on the server."""

    stack: automation.Stack

    def __init__(self, sshd: Sshd, log: Path) -> None:
        self.log = log
        self.arguments: dict[str, Any] = {}
        self._sshd = sshd

    def program(self) -> None:
        if self.arguments:
            connection = command.remote.ConnectionArgs(
                host="127.0.0.1",
                port=self._sshd.port,
                user=self._sshd.connection()["user"],
                host_key=self._sshd.host_key,
                private_key=pulumi.Output.secret(self._sshd.private_key),
                dial_error_limit=0,
            )
            arguments = dict(self.arguments)
            if "stdin" in arguments:
                arguments["stdin"] = pulumi.Output.secret(arguments["stdin"])
            command.remote.Command(
                "step", connection=connection, add_previous_output_in_env=False, **arguments
            )

    def up(self, **arguments: Any) -> dict[str, int]:
        self.arguments = arguments
        changes = self.stack.up(suppress_progress=True).summary.resource_changes or {}
        return {str(operation): count for operation, count in changes.items()}

    def append(self, word: str) -> str:
        return f"echo {word} >> {self.log}"

    def ran(self) -> list[str]:
        words = self.log.read_text().split() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return words


def install(home: Path) -> None:
    folder = home / "plugins" / "resource-command-v1.2.1"
    folder.mkdir(parents=True)
    launcher = folder / "pulumi-resource-command"
    start = " ".join(executable("command"))
    launcher.write_text(f'#!/bin/sh\nexport PYTHONPATH={REPOSITORY}\nexec {start} "$@"\n')
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)


@needs_pulumi
def test_a_failed_update_keeps_the_old_inputs(stack: Step) -> None:
    assert stack.up(create=stack.append("create"), stdin="1")["create"] == 2
    with pytest.raises(automation.CommandError, match="Process exited with status 3"):
        stack.up(create=f"{stack.append('half')}; exit 3", stdin="2")
    assert stack.ran() == ["create", "half"]
    assert "update" not in stack.up(create=stack.append("create"), stdin="1")
    assert stack.ran() == []


@needs_pulumi
def test_a_failed_create_leaves_no_resource(stack: Step) -> None:
    with pytest.raises(automation.CommandError):
        stack.up(create="exit 3")
    assert stack.up(create=stack.append("create"))["create"] == 1
    assert stack.ran() == ["create"]


@needs_pulumi
def test_a_trigger_replaces_and_anything_else_updates(stack: Step) -> None:
    commands = {name: stack.append(name) for name in ("create", "update", "delete")}
    stack.up(**commands, triggers=[1], stdin="1")
    stack.up(**commands, triggers=[1], stdin="2")
    assert stack.ran() == ["create", "update"]
    assert stack.up(**commands, triggers=[2], stdin="2")["replace"] == 1
    assert stack.ran() == ["create", "delete"]


@needs_pulumi
def test_secrets_stay_out_of_the_state_and_previews_run_nothing(stack: Step) -> None:
    stack.arguments = {"create": stack.append("create"), "stdin": "hidden!"}
    stack.stack.preview()
    assert stack.ran() == []
    stack.stack.up(suppress_progress=True)
    state = state_file(stack.stack).read_text()
    assert "ciphertext" in state
    assert "hidden!" not in state
    assert "PRIVATE KEY" not in state
