"""Every fault with the strategies that it is tried with, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from lab.chaos import faults
from lab.chaos.faults import FIRST, SECOND, THIRD, Fault
from lab.chaos.fleet import ROLLOUT
from lab.layout import Server

End = Literal["old", "new", "either"]
SUCCEEDS, FAILS, KILLED = "succeeds", "fails", "killed"


@dataclass(frozen=True)
class Scenario:
    """One rollout of a new release, and one thing that goes wrong with it."""

    name: str
    strategy: str
    end: End  # what all servers must serve afterwards
    update: str  # how `pulumi up` must end
    release: Mapping[str, str] = field(default_factory=dict)  # how the new release misbehaves
    fault: Fault | None = None
    lost: frozenset[Server] = frozenset()  # servers whose requests may fail: they have no power
    fast: bool = False  # part of `make test`

    @property
    def title(self) -> str:
        return f"{self.strategy}: {self.name}"


def _releases() -> list[Scenario]:
    """A release that is bad, under each strategy."""
    found = []
    for strategy in ROLLOUT:
        fast = strategy == "canary"
        found += [
            Scenario("success", strategy, "new", SUCCEEDS, fast=fast),
            Scenario("never ready", strategy, "old", FAILS, {"READY": "never"}),
            Scenario("migration fails", strategy, "old", FAILS, {"MIGRATION": "fail"}),
            Scenario("smoke test fails", strategy, "old", FAILS, {"SMOKE": "/nowhere"}),
            Scenario("crashes after ready", strategy, "old", FAILS, {"CRASH_AFTER": "4"}),
            Scenario("5xx at 3 %", strategy, "old", FAILS, {"ERROR_RATE": "0.03"}),
            Scenario("slow", strategy, "old", FAILS, {"LATENCY": "0.7"}),
            Scenario("errors in the log", strategy, "old", FAILS, {"LOG_ERRORS": "5"}),
        ]
    return found


def _surroundings() -> list[Scenario]:
    """Things that go wrong around a good release."""
    return [
        *(
            Scenario(f"pulumi killed in {step}", "rolling", "old", KILLED, fault=kill, fast=fast)
            for step, kill, fast in (
                ("preflight", faults.kill_runner("preflight"), False),
                ("stage", faults.kill_runner("stage"), False),
                ("switch", faults.kill_runner("switch"), True),
            )
        ),
        Scenario(
            "pulumi killed in confirm", "rolling", "either", KILLED,
            fault=faults.kill_runner("confirm"),
        ),
        Scenario(
            "pulumi killed in finalize", "rolling", "new", KILLED,
            fault=faults.kill_runner("finalize"),
        ),
        Scenario(
            "pulumi killed in switch", "canary", "old", KILLED,
            fault=faults.kill_runner("switch"),
        ),
        Scenario(
            "Ctrl-C in stage", "rolling", "old", FAILS, fault=faults.interrupt("stage"),
        ),
        Scenario(
            "Ctrl-C in switch", "rolling", "old", FAILS, fault=faults.interrupt("switch"),
        ),
        Scenario(
            "runner cut off in stage", "rolling", "old", KILLED,
            fault=faults.cut_runner_off("stage"),
        ),
        Scenario(
            "runner cut off in switch", "blue-green", "old", KILLED,
            fault=faults.cut_runner_off("switch"),
        ),
        Scenario(
            "agent killed in stage", "rolling", "old", FAILS, fault=faults.kill_agent("stage"),
        ),
        Scenario(
            "agent killed in switch", "rolling", "old", FAILS,
            fault=faults.kill_agent("switch"), fast=True,
        ),
        Scenario(
            "engine restarted in switch", "rolling", "either", FAILS,
            fault=faults.restart_engine("switch"), lost=frozenset({SECOND}),
        ),
        *(
            Scenario(
                f"no power {when} the switch", "rolling", "old", FAILS,
                fault=faults.power_cut("switch", at, lost), lost=frozenset({lost}),
            )
            for when, at, lost in (
                ("before", FIRST, THIRD), ("during", THIRD, THIRD), ("after", THIRD, SECOND),
            )
        ),
        Scenario(
            "registry gone in stage", "rolling", "either", SUCCEEDS,
            fault=faults.registry_gone(),
        ),
        Scenario(
            "a second update", "rolling", "new", SUCCEEDS, fault=faults.second_update(),
        ),
        Scenario(
            "the clock jumps", "rolling", "new", SUCCEEDS, fault=faults.clock_jump(),
        ),
    ]  # fmt: skip


SCENARIOS: Final = (*_releases(), *_surroundings())
