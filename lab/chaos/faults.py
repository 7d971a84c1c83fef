"""What goes wrong with the deployer: each fault waits for its moment, strikes, and is mended."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lab import servers
from lab.chaos.fleet import OTHER, SERVERS, Fleet
from lab.chaos.hunt import HUNT_LIMIT, once_running
from lab.chaos.update import Update
from lab.engine import docker
from lab.layout import REGISTRY_CONTAINER, Server
from slipway.errors import SlipwayError

FIRST, SECOND, THIRD = SERVERS
LEASES_END: Final = 75.0  # seconds after which no server may still wait for the deployer
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
        dies(scene)

    return strike


def dies(scene: Scene) -> None:
    """The deployer is gone, and somebody takes away the lock that it left in Pulumi's backend."""
    scene.update.kill()
    scene.fleet.workspace.attempt("cancel", "--yes", scene.fleet.stack)


def interrupt(step: str, server: Server = SECOND) -> Fault:
    """Ctrl-C once a step has begun."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        scene.update.process.send_signal(signal.SIGINT)

    return strike


def cut_runner_off(step: str) -> Fault:
    """Once a server is at a step no SSH packet reaches any, until all have come to an end.

    The servers still reach each other.
    """

    def strike(scene: Scene) -> None:
        try:
            once_running(SECOND, step, f"iptables --insert {SSH}")
            for each in (FIRST, THIRD):
                servers.run(each, f"iptables --insert {SSH}")
            if not scene.fleet.settle(LEASES_END):
                raise SlipwayError("a server without a deployer did not come to an end by itself")
        finally:
            for each in SERVERS:
                servers.run(each, f"iptables --delete {SSH}")
        dies(scene)

    return strike


def registry_gone(step: str = "stage", server: Server = FIRST) -> Fault:
    """The registry is gone from a step on, until the update has ended."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        docker("kill", REGISTRY_CONTAINER)
        try:
            scene.update.process.wait(HUNT_LIMIT)
        finally:
            docker("start", REGISTRY_CONTAINER)

    return strike


def second_update(step: str = "switch", server: Server = FIRST) -> Fault:
    """Another `pulumi up` of the same stack: Pulumi's own lock keeps it out."""

    def strike(scene: Scene) -> None:
        scene.update.begun(step, server)
        if scene.fleet.up().returncode == 0:
            raise SlipwayError("two updates of one stack ran at once")

    return strike


def other_environment(step: str = "switch", server: Server = FIRST) -> Fault:
    """Another environment rolls out to the same servers: their own lock keeps it out."""

    def strike(scene: Scene) -> None:
        rival = scene.fleet.rival(OTHER)
        scene.update.begun(step, server)
        if rival.up().returncode == 0:
            raise SlipwayError("two environments deployed to one server at once")

    return strike


def other_backend(step: str = "switch", server: Server = FIRST) -> Fault:
    """The same stack from a copy of its backend, with another release: no lock knows of both."""

    def strike(scene: Scene) -> None:
        rival = scene.fleet.rival()
        scene.update.begun(step, server)
        rival.up()

    return strike
