"""Another version of the program takes over: what it finds running goes on running."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import servers
from lab.load import Load
from lab.workspace import REPOSITORY
from tests.lab.trial import SERVERS, Trial, status

PRODUCTION = SERVERS["production"]
RATE = 50  # requests a second


@pytest.fixture
def upgraded(settled: Trial, tmp_path: Path) -> Iterator[Trial]:
    """The project runs a program whose agent has other content, and the same formats."""
    program = tmp_path / "program"
    program.mkdir()
    shutil.copy(REPOSITORY / "__main__.py", program)
    for folder in ("components", "examples", "slipway"):
        shutil.copytree(REPOSITORY / folder, program / folder)
    with (program / "slipway" / "agent" / "report.py").open("a") as file:
        file.write("\n# A later version.\n")
    project = settled.workspace.project / "Pulumi.yaml"
    before = project.read_text()
    project.write_text(before.replace(f"main: {REPOSITORY}", f"main: {program}"))
    yield settled
    project.write_text(before)
    done = settled.up("production")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_upgrade_that_keeps_its_formats_fails_no_request_and_deploys_nothing_again(
    upgraded: Trial,
) -> None:
    agents, releases = installed(), running()
    assert upgraded.changes("production") != {}
    with Load([server.address for server in PRODUCTION], rate=RATE) as load:
        done = upgraded.up("production")
    assert done.returncode == 0, done.stdout + done.stderr
    assert load.failures == []
    assert all(result.answers > 0 for result in load.results())
    assert agents.isdisjoint(installed()), "no other agent was installed"
    assert running() == releases
    assert upgraded.changes("production") == {}


def installed() -> set[str]:
    """The agents of production's servers, by their content's hash."""
    return {status(server).agent for server in PRODUCTION}


def running() -> dict[str, tuple[int, str]]:
    """By server, its count of rollouts, and all its containers by their ids."""
    return {
        server.name: (status(server).epoch, servers.run(server, "docker ps -q | sort").stdout)
        for server in PRODUCTION
    }
