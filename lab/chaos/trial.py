"""One scenario, from a fleet that serves to a fleet that serves."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from typing import Final

from lab.chaos.faults import Scene
from lab.chaos.fleet import Fleet, Wanted
from lab.chaos.scenarios import EITHER, FAILS, NEW, OLD, SUCCEEDS, Scenario
from lab.load import Load
from slipway.errors import SlipwayError

RATE: Final = 50.0  # requests a second to each server
SETTLING: Final = 90.0  # seconds until every server has come to an end
UPDATE: Final = 240.0  # seconds for one update
MISHAPS: Final = (SlipwayError, TimeoutError, subprocess.TimeoutExpired, OSError, ValueError)


@dataclass
class Outcome:
    """What came of it. Requests to servers without power or network do not count."""

    title: str
    requests: int = 0
    failed: list[str] = field(default_factory=list)
    """By the rollout: refused, cut off, or without a server."""
    own_errors: int = 0
    """That the bad release answered itself."""
    end: str = "unknown"
    """`old`, `new`, or what each server serves."""
    code: int | None = None
    """Of `pulumi up`; negative where a signal ended it."""
    changes: int | None = None
    """Of the next preview."""
    seconds: float = 0.0
    """Until every server had come to its end."""
    faults: list[str] = field(default_factory=list)
    """In which ways it is not as it must be."""
    orderly: bool = False
    """Whether the next update left all servers well, with nothing more to do."""


def run(scenario: Scenario, fleet: Fleet) -> Outcome:
    """Roll another release out, let the fault strike, and look what became of it."""
    outcome = Outcome(scenario.title)
    try:
        _roll_out(scenario, fleet, outcome)
    except MISHAPS as error:
        outcome.faults.append(f"the scenario broke off: {error}")
    return outcome


def _roll_out(scenario: Scenario, fleet: Fleet, outcome: Outcome) -> None:
    # Also while the release that is to be rolled back gets there: a canary has to be asked.
    with Load([server.address for server in fleet.servers], rate=RATE) as load:
        release, kept = _asked_for(scenario, fleet), fleet.good
        old = set(fleet.serving().values())
        fleet.configure(scenario.strategy, release, warm=scenario.back == "warm")
        began = time.monotonic()
        with fleet.updating() as update:
            try:
                if scenario.fault:
                    scenario.fault(Scene(fleet, update))
            except MISHAPS as error:
                outcome.faults.append(f"the fault did not strike: {error}")
            outcome.code = update.process.wait(UPDATE)
        if not fleet.settle(SETTLING):
            outcome.faults.append("a server is still between two releases")
        outcome.seconds = time.monotonic() - began
        time.sleep(1)
    _count(scenario, load, outcome)
    outcome.end = _end(fleet, old)
    outcome.changes = fleet.changes()
    judge(scenario, outcome)
    if outcome.changes and outcome.code == 0:  # why are they not what was deployed?
        outcome.faults += fleet.problems()
    fleet.good = release if outcome.end == NEW else kept
    fleet.configure(scenario.strategy, fleet.good)
    _heal(fleet, outcome)


def _asked_for(scenario: Scenario, fleet: Fleet) -> Wanted:
    """A new release; or the one before, once a newer one has taken its place."""
    if not scenario.back:
        replicas, new_image = scenario.replicas, scenario.new_image
        return fleet.next_release(replicas=replicas, new_image=new_image, **scenario.release)
    before = fleet.good
    fleet.good = fleet.next_release()
    fleet.configure(scenario.strategy, fleet.good, warm=scenario.back == "warm")
    if fleet.up().returncode:
        raise SlipwayError("there is nothing to roll back: the update before failed")
    return before


def _count(scenario: Scenario, load: Load, outcome: Outcome) -> None:
    lost = {server.address for server in scenario.lost}
    counted = [result for result in load.results() if result.address not in lost]
    failures = [failure for result in counted for failure in result.failures]
    outcome.requests = sum(result.answers for result in counted)
    outcome.failed = [failure for failure in failures if not failure.startswith("500 ")]
    outcome.own_errors = len(failures) - len(outcome.failed)


def _end(fleet: Fleet, old: set[str]) -> str:
    serving = fleet.serving()
    releases = set(serving.values())
    if len(releases) == 1 and "" not in releases:
        return OLD if releases == old else NEW
    return ", ".join(f"{name}: {release or 'nothing'}" for name, release in serving.items())


def judge(scenario: Scenario, outcome: Outcome) -> None:
    """Note in which ways an outcome is not what must come of the scenario."""
    faults, code = outcome.faults, outcome.code
    if len(outcome.failed) > scenario.tolerated:
        faults.append(f"{len(outcome.failed)} requests failed: {outcome.failed[0]}")
    if outcome.end not in (OLD, NEW) or scenario.end not in (outcome.end, EITHER):
        faults.append(f"the servers serve {outcome.end}")
    if (scenario.update == SUCCEEDS and code) or (scenario.update == FAILS and not code):
        faults.append(f"pulumi up exited with {code}")
    if outcome.end == OLD and not outcome.changes:
        faults.append("the preview hides that the update failed")
    if scenario.update == SUCCEEDS and outcome.changes:
        faults.append(f"the preview has {outcome.changes} changes after a success")


def _heal(fleet: Fleet, outcome: Outcome) -> None:
    """The files say what the servers serve: the next update finds it so, and mends the rest."""
    if outcome.changes == 0 and not outcome.faults:
        outcome.orderly = True
        return
    done = fleet.up()
    if done.returncode:
        outcome.faults.append(f"the next update failed: {done.stdout[-500:]}")
    elif problems := fleet.problems():
        outcome.faults.append(f"the next update left {problems}")
    elif fleet.changes():
        outcome.faults.append("the next update left something to do")
    else:
        outcome.orderly = True
