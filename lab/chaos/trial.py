"""One scenario, from a fleet that serves to a fleet that serves."""

from __future__ import annotations

import time
from dataclasses import dataclass

from lab.chaos.faults import Scene
from lab.chaos.fleet import SERVERS, Fleet
from lab.chaos.scenarios import FAILS, SUCCEEDS, Scenario
from lab.load import Load

RATE = 100  # requests a second to each server
SETTLING = 90.0  # seconds until every server has come to an end
UPDATE = 180.0  # seconds for one update


@dataclass(frozen=True)
class Outcome:
    """What came of it. Requests to servers without power do not count."""

    scenario: Scenario
    requests: int
    failed: list[str]  # by the rollout: refused, cut off, or without a server
    own_errors: int  # that the bad release answered itself
    end: str  # "old", "new", or what each server serves
    code: int
    settled: bool
    changes: int  # of the next preview
    healed: int  # exit code of the next update
    seconds: float

    @property
    def faults(self) -> list[str]:
        """In which ways it is not as it must be."""
        found = [f"{len(self.failed)} requests failed: {self.failed[0]}"] if self.failed else []
        if not self.settled:
            found.append("a server is still between two releases")
        if self.end not in ("old", "new") or self.scenario.end not in (self.end, "either"):
            found.append(f"the servers serve {self.end}")
        expected = self.scenario.update
        if (expected == SUCCEEDS and self.code) or (expected == FAILS and not self.code):
            found.append(f"pulumi up exited with {self.code}")
        if self.end == "old" and not self.changes:
            found.append("the preview hides that the update failed")
        if self.healed:
            found.append(f"the next update exited with {self.healed}")
        return found


def run(scenario: Scenario, fleet: Fleet) -> Outcome:
    """Roll a new release out, let the fault strike, and look what became of it."""
    old = set(fleet.serving().values())
    release = fleet.next_release(**scenario.release)
    fleet.configure(scenario.strategy, release)
    began = time.monotonic()
    with Load([server.address for server in SERVERS], rate=RATE) as load:
        with fleet.updating() as update:
            if scenario.fault:
                scenario.fault(Scene(fleet, update))
            code = update.process.wait(UPDATE)
        settled = fleet.settle(SETTLING)
        seconds = time.monotonic() - began
        time.sleep(1)
    end = _end(fleet, old)
    changes = fleet.changes()
    healed = _heal(fleet, scenario, end, release)
    lost = {server.address for server in scenario.lost}
    counted = [result for result in load.results() if result.address not in lost]
    failures = [failure for result in counted for failure in result.failures]
    own = [failure for failure in failures if failure.startswith("500 ")]
    return Outcome(
        scenario,
        sum(result.answers for result in counted),
        [failure for failure in failures if failure not in own],
        len(own),
        end,
        code,
        settled,
        changes,
        healed,
        seconds,
    )


def _end(fleet: Fleet, old: set[str]) -> str:
    serving = fleet.serving()
    releases = set(serving.values())
    if len(releases) == 1 and "" not in releases:
        return "old" if releases == old else "new"
    return ", ".join(f"{name}: {release}" for name, release in serving.items())


def _heal(fleet: Fleet, scenario: Scenario, end: str, release: dict[str, str]) -> int:
    """Make the files say what the servers serve; the exit code of the update that finds it so."""
    if end == "new":
        fleet.good = release
    fleet.configure(scenario.strategy, fleet.good)
    return fleet.up().returncode
