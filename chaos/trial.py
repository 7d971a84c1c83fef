"""Runs one scenario and judges its outcome."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from typing import Final

from chaos.faults import Scene
from chaos.fleet import DesiredRelease, Fleet
from chaos.scenarios import EITHER, FAILS, NEW, OLD, SUCCEEDS, Scenario
from lab.load import Load
from slipway.errors import SlipwayError

RATE: Final = 50.0  # requests a second to each server
SETTLE_LIMIT: Final = 90.0  # seconds until every server has ended its rollout
UPDATE_LIMIT: Final = 240.0  # seconds for one update
ERRORS: Final = (SlipwayError, TimeoutError, subprocess.TimeoutExpired, OSError, ValueError)


@dataclass
class Outcome:
    """What was measured. Requests to servers without power or network do not count."""

    title: str
    requests: int = 0
    failed: list[str] = field(default_factory=list)
    """Requests that failed because of the rollout: refused, cut off, or without a server."""
    own_errors: int = 0
    """Answers with status 500 by the bad release itself."""
    end: str = "unknown"
    """`old`, `new`, or what each server serves."""
    code: int | None = None
    """Exit status of `pulumi up`; negative when a signal ended it."""
    changes: int | None = None
    """Number of resources that the next preview would change."""
    seconds: float = 0.0
    """Until every server had ended its rollout."""
    faults: list[str] = field(default_factory=list)
    """How the outcome differs from what the scenario requires."""
    healed: bool = False
    """Whether, after the next update, no server has a problem and a preview is empty."""
    output: str = ""
    """What `pulumi up` printed."""


def run(scenario: Scenario, fleet: Fleet) -> Outcome:
    """Roll another release out, inject the fault, and judge the outcome."""
    outcome = Outcome(scenario.title)
    try:
        _roll_out(scenario, fleet, outcome)
    except ERRORS as error:
        outcome.faults.append(f"the scenario could not be completed: {error}")
    return outcome


def _roll_out(scenario: Scenario, fleet: Fleet, outcome: Outcome) -> None:
    # The load also covers the deployment of a release that is to be rolled back: a canary needs it.
    with Load([server.address for server in fleet.servers], rate=RATE) as load:
        release, kept = _asked_for(scenario, fleet), fleet.good
        old = set(fleet.serving().values())
        fleet.configure(scenario.strategy, release, warm=scenario.back == "warm")
        began = time.monotonic()
        with fleet.updating() as update:
            try:
                if scenario.fault:
                    scenario.fault(Scene(fleet, update))
            except ERRORS as error:
                outcome.faults.append(f"the fault could not be injected: {error}")
            outcome.code = update.process.wait(UPDATE_LIMIT)
        outcome.output = update.output
        if not fleet.settle(SETTLE_LIMIT):
            outcome.faults.append(
                f"a rollout is still in progress on a server after {SETTLE_LIMIT:g} s"
            )
        outcome.seconds = time.monotonic() - began
        time.sleep(1)
    _count(scenario, load, outcome)
    outcome.end = _end(fleet, old)
    outcome.changes = len(fleet.planned())
    judge(scenario, outcome)
    if outcome.changes and outcome.code == 0:  # they may explain the changes
        outcome.faults += fleet.problems()
    fleet.good = release if outcome.end == NEW else kept
    fleet.configure(scenario.strategy, fleet.good)
    _heal(fleet, outcome)


def _asked_for(scenario: Scenario, fleet: Fleet) -> DesiredRelease:
    """A new release; or the previous one, after a newer one has been deployed."""
    if not scenario.back:
        replicas, new_image = scenario.replicas, scenario.new_image
        return fleet.next_release(replicas=replicas, new_image=new_image, **scenario.release)
    before = fleet.good
    fleet.good = fleet.next_release()
    fleet.configure(scenario.strategy, fleet.good, warm=scenario.back == "warm")
    if fleet.up().returncode:
        raise SlipwayError("there is nothing to roll back: the previous update failed")
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
    """Add to the outcome's faults how it differs from what the scenario requires."""
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
    """Update once more, with a stack file that has the release that is served."""
    if outcome.changes == 0 and not outcome.faults:
        outcome.healed = True
        return
    done = fleet.up()
    if done.returncode:
        outcome.faults.append(f"the next update failed: {done.stdout[-500:]}")
    elif problems := fleet.problems():
        outcome.faults.append(f"problems after the next update: {problems}")
    elif fleet.planned():
        outcome.faults.append("the preview after the next update is not empty")
    else:
        outcome.healed = True
