"""The lab as a whole comes up and goes: nobody else may be using it.

`make test` runs this file by itself, before all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import engine, images, keys, layout, lifecycle, paths, registry, servers, ssh_agent
from lab.engine import docker

SERVERS = layout.servers(staging=1, production=1)


@pytest.fixture(scope="module", autouse=True)
def _lab() -> Iterator[None]:
    lifecycle.up(SERVERS)
    yield
    lifecycle.remove(SERVERS)


def test_up_brings_back_what_was_lost_and_leaves_the_rest_alone() -> None:
    server, other = SERVERS
    born = docker("inspect", "--format", "{{.Created}}", other.container)
    servers.power_off(server)
    docker("rm", "--force", layout.REGISTRY_CONTAINER)
    lifecycle.up(SERVERS)
    assert servers.ready(server)
    assert registry.answers()
    assert docker("inspect", "--format", "{{.Created}}", other.container) == born


def test_down_leaves_nothing_behind_and_up_comes_back_with_the_same_keys() -> None:
    server = SERVERS[0]
    host_key = keys.host_key(server)
    built = f"{layout.REGISTRY}/built:1"
    docker("tag", next(iter(images.PUBLISHED)), built)
    assert built in images.built()
    lifecycle.down()
    try:
        assert lifecycle.status() == []
        assert not ssh_agent.socket().exists()
        assert leftovers() == []
    finally:
        lifecycle.up(SERVERS)
    assert keys.host_key(server) == host_key
    assert all(machine.ready for machine in lifecycle.status())
    assert {"base/python", "postgres", "redis", "haproxy"} == set(registry.repositories())
    assert built not in images.built()


def leftovers() -> list[str]:
    """What is left of the lab: mounts, and containers, volumes and networks or their engine's."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    own = (str(paths.cache()), str(paths.state()))
    found = [mount for mount in mounts if mount.startswith(own)]
    if engine.running():
        found += docker("ps", "--all", "--quiet", "--filter", f"label={layout.LABEL}").split()
        found += docker("volume", "ls", "--quiet", "--filter", "name=^slipway-lab-").split()
        found += docker("network", "ls", "--quiet", "--filter", "name=^slipway-lab").split()
    else:
        found += [mount for mount in mounts if "/docker/" in mount]
        found += [link.name for link in Path("/sys/class/net").iterdir() if link.name == "docker0"]
    return found
