"""Brings the lab up, takes it down, and reports its health."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from lab import engine, images, keys, network, paths, registry, servers, ssh_agent
from lab.engine import docker
from lab.layout import LABEL, REGISTRY, REGISTRY_CONTAINER, Server, all_servers
from lab.locking import exclusive

LOCK_LIMIT = 900.0  # seconds: a first `up` builds images while others wait

Step = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True)
class Health:
    """One machine of the lab as it is now."""

    name: str
    address: str
    state: str
    ready: bool
    containers: int


def up(wanted: list[Server], step: Step = nullcontext) -> None:
    """Make everything that is missing and wait until it works; what exists is kept.

    Every step can be repeated: after an interruption, another `up` completes it.
    """
    with _alone():
        with step("Docker Engine"):
            engine.ensure()
        with step("Keys and SSH agent"):
            keys.ensure(wanted)
            ssh_agent.ensure()
        with step("Images"):
            images.ensure()
        with step("Network"):
            network.ensure()
        with step(f"Registry {REGISTRY}"):
            registry.ensure()
            registry.publish()
        with step(f"Servers {', '.join(server.name for server in wanted)}"):
            servers.ensure(wanted)


def renew(wanted: list[Server]) -> None:
    """Bring the lab up with these servers empty, whatever was on them."""
    remove(wanted)
    up(wanted)


def remove(unwanted: list[Server]) -> None:
    """Remove servers with their disks, in whatever state they are."""
    with _alone():
        if engine.running():
            servers.remove(*unwanted)


def down(*, purge: bool = False, step: Step = nullcontext) -> None:
    """Remove every container, volume, network, process and mount of the lab.

    Keys and the lab's own images are kept for the next `up`, unless `purge`.
    """
    with _alone():
        if engine.running():
            with step("Servers and registry"):
                _remove_containers()
            with step("Images that were built"):
                images.drop_built()
            with step("Network"):
                network.remove()
            if purge:
                with step("Images"):
                    images.purge()
        with step("SSH agent"):
            ssh_agent.stop()
        if purge:
            keys.forget()
        if engine.started_here():
            others = engine.foreign_containers()
            with step(
                f"Docker Engine, kept for {', '.join(others)}" if others else "Docker Engine"
            ):
                if not others:
                    engine.stop()


def status() -> list[Health]:
    """The registry and the servers that exist, queried in parallel. Empty when the lab is down."""
    if not engine.running():
        return []
    listing = docker(
        *("ps", "--all", "--filter", f"label={LABEL}", "--format", "{{.Names}} {{.State}}")
    )
    states = dict(line.split() for line in listing.splitlines())
    found = [server for server in all_servers() if server.container in states]
    with ThreadPoolExecutor(max_workers=len(found) or 1) as pool:
        health = list(pool.map(lambda server: _health(server, states[server.container]), found))
    if REGISTRY_CONTAINER in states:
        state = states[REGISTRY_CONTAINER]
        health.insert(0, Health("registry", REGISTRY, state, registry.answers(), 0))
    return health


def _health(server: Server, state: str) -> Health:
    if state != "running":
        return Health(server.name, server.address, state, ready=False, containers=0)
    listing = servers.ssh(server, "docker ps --quiet", limit=20)
    ready = listing.returncode == 0
    running = len(listing.stdout.split()) if ready else 0
    return Health(server.name, server.address, state, ready=ready, containers=running)


def _remove_containers() -> None:
    containers = docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}").split()
    if containers:
        docker("rm", "--force", "--volumes", *containers, limit=120)
    volumes = docker("volume", "ls", "--quiet", "--filter", "name=^slipway-lab-").split()
    if volumes:
        docker("volume", "rm", *volumes, limit=120)


def _alone() -> AbstractContextManager[None]:
    return exclusive(paths.state() / "lock", "changing the lab", LOCK_LIMIT)
