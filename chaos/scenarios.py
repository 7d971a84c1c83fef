"""Every scenario: a fault, the strategies it is tried with, and the required outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from chaos import faults
from chaos import server_faults as at_server
from chaos.faults import FIRST, SECOND, THIRD, Fault
from chaos.fleet import ROLLOUT
from lab.layout import Server

End = Literal["old", "new", "either"]
Ending = Literal["succeeds", "fails", "any"]
SUCCEEDS: Final = "succeeds"
FAILS: Final = "fails"
ANY: Final = "any"  # the update is killed, or either of two deployers may win
OLD: Final = "old"
NEW: Final = "new"
EITHER: Final = "either"
ALL_DEAD: Final = 100
"""Requests that may fail when every replica of a release with all the traffic dies at once."""


@dataclass(frozen=True)
class Scenario:
    """One rollout of another release, and one fault."""

    name: str
    strategy: str
    end: End
    """What all servers must serve afterwards: the old release, the new one, or either."""
    update: Ending
    """How `pulumi up` must end."""
    release: Mapping[str, str] = field(default_factory=dict)
    """Faults of the new release."""
    fault: Fault | None = None
    lost: frozenset[Server] = frozenset()
    """Servers whose requests may fail: they have no power, or no network."""
    tolerated: int = 0
    """Requests to the other servers that may fail: docs/chaos.md says why."""
    replicas: int = 1
    """Web containers of the new release on each server."""
    new_image: bool = False
    """Whether the servers have to pull an image, whose migration has not run."""
    back: Literal["", "cold", "warm"] = ""
    """A rollback to the previous release, whose containers are stopped or still run."""
    fast: bool = False
    """Whether `make test` runs it."""

    @property
    def title(self) -> str:
        return f"{self.strategy}: {self.name}"


def _releases() -> list[Scenario]:
    """A good release, bad ones, and rollbacks, with each strategy."""
    found = []
    for strategy in ROLLOUT:
        fast = strategy == "canary"
        alone = 0 if strategy == "canary" else ALL_DEAD  # with all the traffic, and one replica
        found += [
            Scenario("success", strategy, NEW, SUCCEEDS, fast=fast),
            Scenario("never ready", strategy, OLD, FAILS, {"READY": "never"}),
            Scenario(
                "migration fails", strategy, OLD, FAILS, {"MIGRATION": "fail"}, new_image=True
            ),
            Scenario("smoke test fails", strategy, OLD, FAILS, {"SMOKE": "/nowhere"}),
            Scenario(
                "crashes after ready", strategy, OLD, FAILS,
                {"CRASH_AFTER": "4"}, tolerated=alone,
            ),
            Scenario("5xx at 3 %", strategy, OLD, FAILS, {"ERROR_RATE": "0.03"}),
            Scenario("slow", strategy, OLD, FAILS, {"LATENCY": "0.7"}),
            Scenario("talks for ever in start", strategy, OLD, FAILS, {"TALK_AFTER": "0.1"}),
            Scenario(
                "talks for ever after ready", strategy, OLD, FAILS,
                {"TALK_AFTER": "4"}, tolerated=alone,
            ),
            Scenario("errors in the log", strategy, OLD, FAILS, {"LOG_ERRORS": "5"}),
            Scenario("rollback", strategy, NEW, SUCCEEDS, back="cold"),
            Scenario("warm rollback", strategy, NEW, SUCCEEDS, back="warm"),
        ]  # fmt: skip
    return found


def _deployer() -> list[Scenario]:
    """Faults of the deployer and of the registry."""
    kill, cut = faults.kill_pulumi, faults.cut_pulumi_off
    return [
        Scenario("pulumi killed in preflight", "rolling", OLD, ANY, fault=kill("preflight")),
        Scenario("pulumi killed in pull", "rolling", OLD, ANY, fault=kill("pull")),
        Scenario(
            "pulumi killed in migrate", "rolling", OLD, ANY,
            fault=kill("migrate", FIRST), new_image=True,
        ),
        Scenario("pulumi killed in start", "rolling", OLD, ANY, fault=kill("start")),
        Scenario("pulumi killed in smoke", "rolling", OLD, ANY, fault=kill("smoke")),
        *(
            Scenario("pulumi killed in switch", strategy, OLD, ANY, fault=kill("switch"))
            for strategy in ROLLOUT
        ),
        Scenario("pulumi killed in prepare", "rolling", EITHER, ANY, fault=kill("prepare")),
        Scenario("pulumi killed in commit", "rolling", NEW, ANY, fault=kill("commit")),
        Scenario("pulumi cut off in start", "rolling", OLD, ANY, fault=cut("start")),
        Scenario("pulumi cut off in switch", "blue-green", OLD, ANY, fault=cut("switch")),
        Scenario("pulumi cut off in prepare", "rolling", EITHER, ANY, fault=cut("prepare")),
        Scenario("pulumi cut off in commit", "rolling", NEW, ANY, fault=cut("commit")),
        Scenario("Ctrl-C in start", "rolling", OLD, FAILS, fault=faults.interrupt("start")),
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
            "registry gone in pull", "rolling", OLD, FAILS,
            fault=faults.registry_gone(), new_image=True,
        ),
    ]  # fmt: skip


def _servers() -> list[Scenario]:
    """Faults of a server."""
    kill = at_server.kill_agent
    second, third = frozenset({SECOND}), frozenset({THIRD})
    return [
        Scenario("agent killed in pull", "rolling", OLD, FAILS, fault=kill("pull")),
        Scenario(
            "agent killed in migrate", "rolling", OLD, FAILS,
            fault=kill("migrate", FIRST), new_image=True,
        ),
        Scenario("agent killed in start", "rolling", OLD, FAILS, fault=kill("start", after=0.5)),
        Scenario("agent killed in switch", "rolling", OLD, FAILS, fault=kill("switch", after=0.5)),
        Scenario("agent killed in switch", "canary", OLD, FAILS, fault=kill("switch", after=0.5)),
        Scenario("agent killed in prepare", "rolling", EITHER, FAILS, fault=kill("prepare")),
        Scenario("agent killed in commit", "rolling", NEW, FAILS, fault=kill("commit")),
        Scenario(
            "engine restarted in switch", "rolling", OLD, FAILS,
            fault=at_server.restart_engine("switch"),
        ),
        Scenario(
            "server cut off in switch", "rolling", OLD, ANY,
            fault=at_server.cut_server_off("switch"), lost=second,
        ),
        Scenario(
            "server cut off in prepare", "rolling", EITHER, ANY,
            fault=at_server.cut_server_off("prepare"), lost=second,
        ),
        Scenario(
            "all replicas killed in the bake time", "rolling", OLD, FAILS,
            fault=at_server.kill_replicas(2), replicas=2, tolerated=ALL_DEAD,
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
            "disk full in pull", "rolling", OLD, FAILS,
            fault=at_server.disk_full(), new_image=True,
        ),
        Scenario("the clock jumps", "rolling", NEW, SUCCEEDS, fault=at_server.clock_jump()),
    ]  # fmt: skip


SCENARIOS: Final = (*_releases(), *_deployer(), *_servers())
