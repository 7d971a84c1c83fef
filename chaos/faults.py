"""Faults of the deployer, of the registry and of Pulumi's locks.

A fault waits for a step, is injected, and is repaired before it returns.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chaos.fleet import OTHER, SERVERS, Fleet
from chaos.steps import BEGIN_LIMIT, run_during_step, wait_for_step
from lab import servers
from lab.engine import docker
from lab.layout import REGISTRY_CONTAINER, Server
from lab.update import Update
from slipway.errors import SlipwayError

FIRST, SECOND, THIRD = SERVERS
LEASES_END: Final = 75.0  # seconds after which every lease must have ended
SSH: Final = "INPUT --protocol tcp --dport 22 --jump DROP"


@dataclass(frozen=True)
class Scene:
    """Where a fault is injected."""

    fleet: Fleet
    update: Update


Fault = Callable[[Scene], None]


def kill_pulumi(step: str, server: Server = SECOND) -> Fault:
    """`kill -9` of pulumi once a step has begun on a server."""

    def inject(scene: Scene) -> None:
        wait_for_step(scene.update, step, server)
        end_deployer(scene)

    return inject


def end_deployer(scene: Scene) -> None:
    """`kill -9` of pulumi; then `pulumi cancel` removes the lock that it left in its backend."""
    scene.update.kill()
    scene.fleet.workspace.attempt("cancel", "--yes", scene.fleet.stack)


def interrupt(step: str, server: Server = SECOND) -> Fault:
    """Ctrl-C once a step has begun."""

    def inject(scene: Scene) -> None:
        wait_for_step(scene.update, step, server)
        scene.update.process.send_signal(signal.SIGINT)

    return inject


def cut_pulumi_off(step: str) -> Fault:
    """From a step on, no server can be reached by SSH until all have ended their rollout.

    The servers still reach each other.
    """

    def inject(scene: Scene) -> None:
        try:
            run_during_step(SECOND, step, f"iptables --insert {SSH}")
            for each in (FIRST, THIRD):
                servers.run(each, f"iptables --insert {SSH}")
            if not scene.fleet.settle(LEASES_END):
                raise SlipwayError("a server without a deployer did not end its rollout by itself")
        finally:
            for each in SERVERS:
                servers.run(each, f"iptables --delete {SSH}")
        end_deployer(scene)

    return inject


def registry_gone(step: str = "pull", server: Server = FIRST) -> Fault:
    """The registry is down from a step on, until the update has ended."""

    def inject(scene: Scene) -> None:
        wait_for_step(scene.update, step, server)
        docker("kill", REGISTRY_CONTAINER)
        try:
            scene.update.process.wait(BEGIN_LIMIT)
        finally:
            docker("start", REGISTRY_CONTAINER)

    return inject


def second_update(step: str = "switch", server: Server = FIRST) -> Fault:
    """Another `pulumi up` of the same stack, which Pulumi's own lock refuses."""

    def inject(scene: Scene) -> None:
        wait_for_step(scene.update, step, server)
        if scene.fleet.up().returncode == 0:
            raise SlipwayError("two updates of one stack ran at once")

    return inject


def other_environment(step: str = "switch", server: Server = FIRST) -> Fault:
    """A rollout of another environment to the same servers, which the servers refuse."""

    def inject(scene: Scene) -> None:
        rival = scene.fleet.rival(OTHER)
        wait_for_step(scene.update, step, server)
        if rival.up().returncode == 0:
            raise SlipwayError("two environments deployed to one server at once")

    return inject


def other_backend(step: str = "switch", server: Server = FIRST) -> Fault:
    """Another release from a copy of the stack's backend, so that no lock of Pulumi's has both."""

    def inject(scene: Scene) -> None:
        rival = scene.fleet.rival()
        wait_for_step(scene.update, step, server)
        rival.up()

    return inject
