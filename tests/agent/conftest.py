from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import layout, lifecycle, servers
from tests.agent.host import AgentHost, release

SERVER = "staging-3"  # one that no other test uses


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentHost]:
    """A server of its own, removed in the end."""
    server = layout.find(SERVER)
    lifecycle.up([server])
    servers.reset(server)
    yield AgentHost(server, tmp_path_factory.mktemp("agent"))
    servers.remove(server)


@pytest.fixture
def host(machine: AgentHost) -> AgentHost:
    """The server with the agent installed and nothing deployed; images stay."""
    clean(machine)
    return machine


@pytest.fixture
def serving(machine: AgentHost) -> AgentHost:
    """The server with v1 serving: as a test before left it, where it left just that."""
    if not untouched(machine):
        clean(machine)
        machine.roll_out(release("v1"))
    return machine


def clean(machine: AgentHost) -> None:
    wipe = "docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes"
    networks = "docker network prune --force && docker volume prune --force"
    done = servers.run(machine.server, f"{wipe}; {networks}; rm -rf /home/deploy/.slipway")
    assert done.returncode == 0, done.stderr
    machine.install()


def untouched(machine: AgentHost) -> bool:
    if machine.call("status").code:  # no agent yet
        return False
    status = machine.status()
    serves = status["serving"] and status["serving"]["release"] == release("v1").id
    return bool(serves and status["epoch"] == 1 and not status["problems"])
