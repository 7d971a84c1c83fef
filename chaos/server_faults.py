"""Faults of a server: each waits for a step, is injected, and is repaired before it returns."""

from __future__ import annotations

import time

from chaos.faults import FIRST, SECOND, Fault, Scene, end_deployer
from chaos.fleet import HOME
from chaos.steps import run_during_step, wait_for_step
from lab import servers
from lab.layout import Server

PULLED = "/var/lib/docker/tmp"  # where an engine keeps what it downloads
JOURNAL = f"{HOME}/journal.jsonl"
OUTAGE = 3.0  # seconds
LEASES = 30.0  # seconds: longer than any lease of these rollouts


def kill_agent(step: str, server: Server = SECOND, after: float = 0.0) -> Fault:
    """`kill -9` of the agent, some seconds after its step has begun."""

    def inject(_: Scene) -> None:
        run_during_step(server, step, "kill -KILL $PID", after=after)

    return inject


def kill_replicas(count: int, server: Server = SECOND) -> Fault:
    """All web containers of the new release crash at the same moment, while they are watched."""
    watched = (
        f"for _ in $(seq 300); do tail -n 1 {JOURNAL} | grep -q bake && break; sleep 0.1; done"
    )
    newest = f"docker ps --quiet --filter name=shop-web- | head -n {count}"
    crash = f'kill -KILL $(docker inspect --format "{{{{.State.Pid}}}}" $({newest}))'

    def inject(_: Scene) -> None:
        run_during_step(server, "switch", f"{watched}; {crash}")

    return inject


def power_cut(step: str, at: Server, server: Server) -> Fault:
    """A power cut of `server` when a step has begun on `at`."""

    def inject(scene: Scene) -> None:
        wait_for_step(scene.update, step, at)
        _cut_power(server)

    return inject


def power_cut_during(step: str, server: Server) -> Fault:
    """A power cut of a server during a step of its own."""

    def inject(_: Scene) -> None:
        run_during_step(server, step, "true")
        _cut_power(server)

    return inject


def _cut_power(server: Server) -> None:
    servers.power_off(server)
    try:
        time.sleep(OUTAGE)
    finally:
        servers.power_on(server)


def cut_server_off(step: str, server: Server = SECOND) -> Fault:
    """From a step on, a server has no network until the leases of all servers have ended.

    The deployer gives up meanwhile.
    """

    def inject(scene: Scene) -> None:
        run_during_step(server, step, "true")
        servers.cut_network(server)
        try:
            time.sleep(LEASES)
        finally:
            servers.restore_network(server)
        end_deployer(scene)

    return inject


def restart_engine(step: str, server: Server = SECOND) -> Fault:
    """The Docker Engine of a server is restarted."""

    def inject(_: Scene) -> None:
        run_during_step(server, step, "kill $(cat /var/run/docker.pid)")

    return inject


def disk_full(server: Server = SECOND) -> Fault:
    """The disk of a server is full when its engine pulls."""

    def inject(scene: Scene) -> None:
        servers.run(server, f"mount -t tmpfs -o size=64k none {PULLED}")
        try:
            scene.update.process.wait(180)
        finally:
            servers.run(server, f"umount -l {PULLED}")

    return inject


def clock_jump(step: str = "switch", server: Server = FIRST) -> Fault:
    """The clock jumps: by the time of day, a lease ended long ago.

    Containers share the machine's clock, so the end of the lease is moved instead, by decades.
    """

    def inject(scene: Scene) -> None:
        wait_for_step(scene.update, step, server)
        servers.run(
            server,
            f'sed -i -E \'s/"wall": [0-9.]+/"wall": 1.0/\' {HOME}/lock.json',
        )

    return inject
