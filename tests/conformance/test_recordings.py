"""Every recorded call gets the answer that the official plugins gave.

Each step is one preview or update of Pulumi's engine, which starts its plugins anew for each.
"""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from . import recordings
from .plugin import running
from .sshd import Sshd

COMMAND = recordings.load("command")
DOCKER = recordings.load("docker")


@pytest.mark.parametrize("step", COMMAND)
def test_command_answers_as_recorded(step: str, project: Path, sshd: Sshd, tmp_path: Path) -> None:
    places = {
        "SERVER": "127.0.0.1",
        "<host key>": sshd.host_key,
        "<wrong host key>": sshd.other_key,
        "<private key>": sshd.private_key,
        "TMP": str(tmp_path / "copied.txt"),
        "port": sshd.port,
        "user": getpass.getuser(),
    }
    with running("command", project) as plugin:
        for exchange in COMMAND[step]:
            recordings.replay(plugin, exchange, places)


# In order: later steps work on what earlier ones built.
@pytest.mark.parametrize("step", DOCKER)
def test_docker_answers_as_recorded(step: str, project: Path, registry: str) -> None:
    with running("docker", project) as plugin:
        for exchange in DOCKER[step]:
            recordings.replay(plugin, exchange, {"localhost:5000": registry})
