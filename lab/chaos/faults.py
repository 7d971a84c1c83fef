"""What goes wrong around a rollout: each fault waits for its moment, strikes, and is mended."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lab import servers
from lab.chaos.fleet import SERVERS, Fleet, Update
from lab.engine import docker
from lab.layout import REGISTRY_CONTAINER, Server

FIRST, SECOND, THIRD = SERVERS
CUT: Final = 30.0  # seconds
SSH: Final = "INPUT --protocol tcp --dport 22 --jump DROP"


@dataclass(frozen=True)
class Scene:
    """Where a fault strikes."""

    fleet: Fleet
    update: Update


Fault = Callable[[Scene], None]


def kill_runner(step: str, server: Server = SECOND) -> Fault:
    """`kill -9` of pulumi once a step has begun on a server."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        scene.update.process.kill()
        scene.update.process.wait(10)
        scene.fleet.workspace.attempt("cancel", "--yes", "staging")

    return strike


def interrupt(step: str, server: Server = SECOND) -> Fault:
    """Ctrl-C once a step has begun."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        scene.update.process.send_signal(signal.SIGINT)

    return strike


def cut_runner_off(step: str, server: Server = SECOND) -> Fault:
    """From a step on no SSH packet reaches a server, for longer than a lease."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        for each in SERVERS:
            servers.run(each, f"iptables --insert {SSH}")
        time.sleep(CUT)
        for each in SERVERS:
            servers.run(each, f"iptables --delete {SSH}")
        scene.update.process.kill()
        scene.update.process.wait(10)
        scene.fleet.workspace.attempt("cancel", "--yes", "staging")

    return strike


def kill_agent(step: str, server: Server = SECOND, after: float = 0.3) -> Fault:
    """`kill -9` of the agent, some seconds after its step has begun."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        time.sleep(after)
        servers.run(server, f"pkill -KILL --full '[a]gent.pyz {step}'")

    return strike


def power_cut(step: str, at: Server, server: Server, seconds: float = 3.0) -> Fault:
    """A server loses its power once a step has begun at one of them, and comes back."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, at)
        servers.power_off(server)
        time.sleep(seconds)
        servers.power_on(server)

    return strike


def restart_engine(step: str, server: Server = SECOND) -> Fault:
    """The Docker Engine of a server is restarted; containers go with it."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        servers.run(server, "kill $(cat /var/run/docker.pid)")

    return strike


def registry_gone(step: str = "stage", server: Server = FIRST) -> Fault:
    """The registry is gone from a step on, until the update has ended."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        docker("stop", "--time", "1", REGISTRY_CONTAINER)
        try:
            scene.update.process.wait(120)
        finally:
            docker("start", REGISTRY_CONTAINER)

    return strike


def second_update(step: str = "switch", server: Server = FIRST) -> Fault:
    """Another `pulumi up` of the same stack while one runs."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        if scene.fleet.up().returncode == 0:
            raise AssertionError("two updates of one stack ran at once")

    return strike


def clock_jump(step: str = "switch", server: Server = FIRST) -> Fault:
    """A lease's time of day says that it has long ended.

    Containers share the machine's clock, so it is the lease's end that is moved, by a day.
    """

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        servers.run(
            server,
            'sed -i -E \'s/"wall": [0-9.]+/"wall": 1.0/\' /home/deploy/.slipway/shop/lock.json',
        )

    return strike
