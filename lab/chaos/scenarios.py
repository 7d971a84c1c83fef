"""Every fault with the strategies that it is tried with, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from lab.chaos import faults
from lab.chaos import server_faults as at_server
from lab.chaos.faults import FIRST, SECOND, THIRD, Fault
from lab.chaos.fleet import ROLLOUT
from lab.layout import Server

End = Literal["old", "new", "either"]
Ending = Literal["succeeds", "fails", "any"]
SUCCEEDS: Final = "succeeds"
FAILS: Final = "fails"
ANY: Final = "any"  # the update is killed, or who wins is open
OLD: Final = "old"
NEW: Final = "new"
EITHER: Final = "either"


@dataclass(frozen=True)
class Scenario:
    """One rollout of another release, and one thing that goes wrong with it."""

    name: str
    strategy: str
    end: End
    """What all servers must serve afterwards: what served, what was asked for, or either."""
    update: Ending
    """How `pulumi up` must end."""
    release: Mapping[str, str] = field(default_factory=dict)
    """How the new release misbehaves."""
    fault: Fault | None = None
    lost: frozenset[Server] = frozenset()
    """Servers whose requests may fail: they have no power, or no network."""
    tolerated: int = 0
    """Requests of the others that may fail: docs/chaos.md says why none can be promised."""
    replicas: int = 1
    """Web containers of the new release on each server."""
    new_image: bool = False
    """Whether the servers have to pull."""
    back: Literal["", "cold", "warm"] = ""
    """The release asked for is the one before, and its containers are stopped or still run."""
    fast: bool = False
    """Whether `make test` runs it."""

    @property
    def title(self) -> str:
        return f"{self.strategy}: {self.name}"


def _releases() -> list[Scenario]:
    """A good release, bad ones, and the way back, under each strategy."""
    found = []
    for strategy in ROLLOUT:
        fast = strategy == "canary"
        found += [
            Scenario("success", strategy, NEW, SUCCEEDS, fast=fast),
            Scenario("never ready", strategy, OLD, FAILS, {"READY": "never"}),
            Scenario("migration fails", strategy, OLD, FAILS, {"MIGRATION": "fail"}),
            Scenario("smoke test fails", strategy, OLD, FAILS, {"SMOKE": "/nowhere"}),
            Scenario("crashes after ready", strategy, OLD, FAILS, {"CRASH_AFTER": "4"}),
            Scenario("5xx at 3 %", strategy, OLD, FAILS, {"ERROR_RATE": "0.03"}),
            Scenario("slow", strategy, OLD, FAILS, {"LATENCY": "0.7"}),
            Scenario("errors in the log", strategy, OLD, FAILS, {"LOG_ERRORS": "5"}),
            Scenario("rollback", strategy, NEW, SUCCEEDS, back="cold"),
            Scenario("warm rollback", strategy, NEW, SUCCEEDS, back="warm"),
        ]
    return found


def _deployer() -> list[Scenario]:
    """Things that happen to who deploys."""
    kill, cut = faults.kill_runner, faults.cut_runner_off
    return [
        Scenario("pulumi killed in preflight", "rolling", OLD, ANY, fault=kill("preflight")),
        Scenario("pulumi killed in stage", "rolling", OLD, ANY, fault=kill("stage")),
        Scenario("pulumi killed in migrate", "rolling", OLD, ANY, fault=kill("migrate", FIRST)),
        Scenario("pulumi killed in smoke", "rolling", OLD, ANY, fault=kill("smoke")),
        *(
            Scenario(
                "pulumi killed in switch", strategy, OLD, ANY,
                fault=kill("switch"), fast=strategy == "rolling",
            )
            for strategy in ROLLOUT
        ),
        Scenario("pulumi killed in confirm", "rolling", EITHER, ANY, fault=kill("confirm")),
        Scenario("pulumi killed in finalize", "rolling", NEW, ANY, fault=kill("finalize")),
        Scenario("pulumi cut off in stage", "rolling", OLD, ANY, fault=cut("stage")),
        Scenario("pulumi cut off in switch", "blue-green", OLD, ANY, fault=cut("switch")),
        Scenario("pulumi cut off in confirm", "rolling", EITHER, ANY, fault=cut("confirm")),
        Scenario("pulumi cut off in finalize", "rolling", NEW, ANY, fault=cut("finalize")),
        Scenario("Ctrl-C in stage", "rolling", OLD, FAILS, fault=faults.interrupt("stage")),
        Scenario("Ctrl-C in switch", "rolling", OLD, FAILS, fault=faults.interrupt("switch")),
        Scenario("a second update", "rolling", NEW, SUCCEEDS, fault=faults.second_update()),
        Scenario(
            "an update of another environment", "rolling", NEW, SUCCEEDS,
            fault=faults.other_environment(),
        ),
        Scenario(
            "an update from another backend", "rolling", EITHER, ANY, fault=faults.other_backend(),
        ),
        Scenario(
            "registry gone in stage", "rolling", OLD, FAILS,
            fault=faults.registry_gone(), new_image=True,
        ),
    ]  # fmt: skip


def _servers() -> list[Scenario]:
    """Things that happen to a server."""
    kill = at_server.kill_agent
    second, third = frozenset({SECOND}), frozenset({THIRD})
    return [
        Scenario("agent killed in stage", "rolling", OLD, FAILS, fault=kill("stage", after=0.5)),
        Scenario("agent killed in switch", "rolling", OLD, FAILS, fault=kill("switch", after=0.5)),
        Scenario("agent killed in switch", "canary", OLD, FAILS, fault=kill("switch", after=0.5)),
        Scenario("agent killed in confirm", "rolling", EITHER, FAILS, fault=kill("confirm")),
        Scenario("agent killed in finalize", "rolling", NEW, FAILS, fault=kill("finalize")),
        Scenario(
            "engine restarted in switch", "rolling", OLD, FAILS,
            fault=at_server.restart_engine("switch"),
        ),
        Scenario(
            "server cut off in switch", "rolling", OLD, ANY,
            fault=at_server.cut_server_off("switch"), lost=second,
        ),
        Scenario(
            "server cut off in confirm", "rolling", EITHER, ANY,
            fault=at_server.cut_server_off("confirm"), lost=second,
        ),
        Scenario(
            "all replicas killed in the bake time", "rolling", OLD, FAILS,
            fault=at_server.kill_replicas(2), replicas=2, tolerated=100,
        ),
        Scenario(
            "no power before the switch", "rolling", EITHER, ANY,
            fault=at_server.power_cut("switch", FIRST, THIRD), lost=third,
        ),
        Scenario(
            "no power during the switch", "rolling", OLD, FAILS,
            fault=at_server.power_cut_during("switch", THIRD), lost=third,
        ),
        Scenario(
            "no power after the switch", "rolling", EITHER, ANY,
            fault=at_server.power_cut("switch", THIRD, SECOND), lost=second,
        ),
        Scenario(
            "disk full in stage", "rolling", OLD, FAILS,
            fault=at_server.disk_full(), new_image=True,
        ),
        Scenario("the clock jumps", "rolling", NEW, SUCCEEDS, fault=at_server.clock_jump()),
    ]  # fmt: skip


SCENARIOS: Final = (*_releases(), *_deployer(), *_servers())
