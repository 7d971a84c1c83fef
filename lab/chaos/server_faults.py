"""What goes wrong with a server: each fault waits for its moment, strikes, and is mended."""

from __future__ import annotations

import time

from lab import servers
from lab.chaos.faults import FIRST, SECOND, Fault, Scene, dies
from lab.chaos.hunt import once_running
from lab.layout import Server

PULLED = "/var/lib/docker/tmp"  # where an engine keeps what it downloads
JOURNAL = "/home/deploy/.slipway/shop/journal.jsonl"
OUTAGE = 3.0  # seconds
LEASES = 30.0  # seconds: longer than any lease of these rollouts


def kill_agent(step: str, server: Server = SECOND, after: float = 0.0) -> Fault:
    """`kill -9` of the agent, some seconds after its step has begun."""

    def strike(_: Scene) -> None:
        once_running(server, step, "kill -KILL $PID", after=after)

    return strike


def kill_replicas(count: int, server: Server = SECOND) -> Fault:
    """All web containers of the new release crash at the same moment, while they are watched."""
    watched = (
        f"for _ in $(seq 300); do tail -n 1 {JOURNAL} | grep -q bake && break; sleep 0.1; done"
    )
    newest = f"docker ps --quiet --filter name=shop-web- | head -n {count}"
    crash = f'kill -KILL $(docker inspect --format "{{{{.State.Pid}}}}" $({newest}))'

    def strike(_: Scene) -> None:
        once_running(server, "switch", f"{watched}; {crash}")

    return strike


def power_cut(step: str, at: Server, server: Server) -> Fault:
    """A server loses its power once a step has begun at one of them, and comes back."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, at)
        _without_power(scene, server)

    return strike


def power_cut_during(step: str, server: Server) -> Fault:
    """A server loses its power while it does a step itself, and comes back."""

    def strike(scene: Scene) -> None:
        once_running(server, step, "true")
        _without_power(scene, server)

    return strike


def _without_power(scene: Scene, server: Server) -> None:
    servers.power_off(server)
    try:
        time.sleep(OUTAGE)
    finally:
        servers.power_on(server)
    scene.fleet.statuses()  # after a boot the watchdog starts with the next call, a preview's too


def cut_server_off(step: str, server: Server = SECOND) -> Fault:
    """A server that has come to a step reaches nobody, until the leases of all have ended.

    Neither do the other servers reach it, nor the deployer, who gives up.
    """

    def strike(scene: Scene) -> None:
        once_running(server, step, "true")
        servers.cut_network(server)
        try:
            time.sleep(LEASES)
        finally:
            servers.mend_network(server)
        dies(scene)

    return strike


def restart_engine(step: str, server: Server = SECOND) -> Fault:
    """The Docker Engine of a server is restarted."""

    def strike(_: Scene) -> None:
        once_running(server, step, "kill $(cat /var/run/docker.pid)")

    return strike


def disk_full(server: Server = SECOND) -> Fault:
    """What the engine of a server pulls finds no room."""

    def strike(scene: Scene) -> None:
        servers.run(server, f"mount -t tmpfs -o size=64k none {PULLED}")
        try:
            scene.update.process.wait(180)
        finally:
            servers.run(server, f"umount -l {PULLED}")

    return strike


def clock_jump(step: str = "switch", server: Server = FIRST) -> Fault:
    """A lease's time of day says that it has long ended.

    Containers share the machine's clock, so it is the lease's end that is moved, by decades.
    """

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        servers.run(
            server,
            'sed -i -E \'s/"wall": [0-9.]+/"wall": 1.0/\' /home/deploy/.slipway/shop/lock.json',
        )

    return strike
