"""Every recorded call gets the answer that the official plugins gave."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from . import recordings
from .plugin import Plugin
from .recordings import Exchange
from .sshd import Sshd

COMMAND = recordings.load("command")
DOCKER = recordings.load("docker")


@pytest.mark.parametrize("exchange", COMMAND, ids=lambda exchange: exchange.title)
def test_command_answers_as_recorded(
    exchange: Exchange, command: Plugin, sshd: Sshd, tmp_path: Path
) -> None:
    places = {
        "SERVER": "127.0.0.1",
        "<host key>": sshd.host_key,
        "<wrong host key>": sshd.other_key,
        "<private key>": sshd.private_key,
        "TMP": str(tmp_path / "copied.txt"),
        "port": sshd.port,
        "user": getpass.getuser(),
    }
    recordings.replay(command, exchange, places)


# In order: later calls work on what earlier ones built.
@pytest.mark.parametrize("exchange", DOCKER, ids=lambda exchange: exchange.title)
def test_docker_answers_as_recorded(exchange: Exchange, docker: Plugin, registry: str) -> None:
    recordings.replay(docker, exchange, {"localhost:5000": registry})
