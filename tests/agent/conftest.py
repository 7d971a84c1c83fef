from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab import layout, lifecycle, paths
from tests.agent.connection import Connection
from tests.agent.host import FOLDER, AgentHost, release

POOL = ("staging-3", "staging-4", "staging-5", "staging-6")  # servers that no other test uses


@pytest.fixture(scope="package")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentHost]:
    """A server of its own with the agent on it, removed once the process has left this suite."""
    with reserved() as name:
        server = layout.find(name)
        lifecycle.renew([server])
        folder = tmp_path_factory.mktemp("agent")
        connection = Connection(server, folder / "ssh")
        host = AgentHost(server, folder, connection)
        host.install()
        yield host
        connection.close()
        lifecycle.remove([server])


@contextmanager
def reserved() -> Iterator[str]:
    """The name of a server that no other run of these tests has at the moment."""
    for name in POOL:
        with (paths.state() / f"{name}.reserved").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield name
            return
    raise AssertionError(f"{', '.join(POOL)} are all in use")


@pytest.fixture
def host(machine: AgentHost) -> AgentHost:
    """The server with nothing deployed; images stay, and so does the network."""
    clean(machine)
    return machine


@pytest.fixture
def serving(machine: AgentHost) -> AgentHost:
    """The server with v1 serving and nothing else: as a test before left it, if it did so."""
    if not untouched(machine):
        clean(machine)
        machine.roll_out(release("v1"))
    return machine


def clean(machine: AgentHost) -> None:
    others = "! -name 'agent*' ! -name installed"
    remains = [
        # First, because a watchdog that sees half of its state gone takes its rollout back.
        "pkill -KILL --uid deploy --full ' watch shop test$'",
        "docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes",
        "docker volume prune --force",
        f"find {FOLDER} -mindepth 1 -maxdepth 1 {others} -exec rm -r {{}} +",
    ]
    machine.sh("; ".join(remains))


def untouched(machine: AgentHost) -> bool:
    status = machine.status()
    serves = status.serving and status.serving.release == release("v1").id
    others = status.candidate or status.previous
    return bool(serves and status.phase == "idle" and not others and not status.problems)
