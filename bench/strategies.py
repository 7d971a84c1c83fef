"""Every strategy on three servers under load, warm rollbacks, and aborts.

The application is as small as possible, so that the rollout is timed and not the application.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench import bare
from bench.fleet import Fleet, fresh
from bench.peers.application import image
from bench.report import Report, spread
from bench.seconds import Seconds
from bench.traffic import Traffic, handover, last_answer
from lab.load import Load, Result
from lab.progress import step
from slipway.errors import SlipwayError

SIZE: Final = 3  # servers
RATE: Final = 250  # requests a second to each server, while failures are counted
LIGHT: Final = 10  # while seconds are: the load shares the processors with what is timed
TIMED: Final = 3  # times
ENOUGH: Final = 50_000  # requests for each line of the table
ROUNDS: Final = 10  # at most
ABORTS: Final = 3
BARE_RUNS: Final = 3
ROLLBACK: Final = "warm rollback"
ROLLBACK_GOAL: Final = 5.0  # seconds from the command to the last switch
ABORT_GOAL: Final = 3.0  # seconds from the fault to the end of the last server's way back
COLUMNS: Final = (
    *("three servers", "times", "command, s", "of it watched, s", "bare steps, s"),
    *("switch, s", "failed", "of requests", "p99, ms"),
)

_KEPT: Final = {"bake": "1s", "warm": "next"}
ROLLOUTS: Final[Mapping[str, dict[str, Any]]] = {
    "rolling": {**_KEPT, "strategy": "rolling", "batch": 1},
    "blue-green": {**_KEPT, "strategy": "blue-green"},
    "canary": {
        **_KEPT,
        "strategy": "canary",
        "canary": {"weights": [5, 25, 50, 100], "hold": "2s"},
        "watch": {"min_requests": 20},
    },
}
# Seconds that the plan itself waits: three bake times in turn; one; three holds and a bake time.
WATCHED: Final = {"rolling": 3.0, "blue-green": 1.0, "canary": 7.0, ROLLBACK: 1.0}


@dataclass
class Series:
    """Repetitions of the same command."""

    seconds: list[float] = field(default_factory=list)
    switches: list[float] = field(default_factory=list)  # of every server
    traffic: Traffic = field(default_factory=Traffic)


@dataclass
class Strategies:
    """The measurements on one fleet, and their results."""

    fleet: Fleet
    bare: Seconds = field(default_factory=Seconds)
    series: dict[str, Series] = field(
        default_factory=lambda: {name: Series() for name in (*ROLLOUTS, ROLLBACK)}
    )
    to_last_switch: list[float] = field(default_factory=list)
    aborts: list[float] = field(default_factory=list)
    abort_traffic: Traffic = field(default_factory=Traffic)

    def measure(self) -> None:
        """Roll out and back until each line of the table has enough requests."""
        with step("The bare steps on one server"):
            for _ in range(BARE_RUNS):
                version = self.fleet.next_version()
                bare.time_steps(self.bare, self.fleet.servers[0], image(version), path="/up")
        with step("The first release"):
            serving = self.fleet.next_version()
            self.fleet.configure(serving, ROLLOUTS["rolling"])
            self.fleet.up()
        for number in range(1, TIMED + 1):
            for strategy in ROLLOUTS:
                with step(f"Timed {number}: {strategy}, and back"):
                    self._timed(strategy)
        for number in range(1, ROUNDS + 1):
            for strategy in ROLLOUTS:
                if self.series[strategy].traffic.requests < ENOUGH:
                    with step(f"Round {number}: {strategy}, and back"):
                        self._counted(strategy, serving)
        for number in range(1, ABORTS + 1):
            with step(f"Abort {number}"):
                self._abort()

    def report(self) -> Report:
        """The table, with missed goals as faults."""
        found = Report("Strategies", COLUMNS)
        for name, series in self.series.items():
            found.add(
                name,
                len(series.seconds),
                spread(series.seconds),
                f"{WATCHED[name]:g}",
                "none" if name == ROLLBACK else f"{bare.total(self.bare):.1f}",
                spread(series.switches, 2),
                len(series.traffic.failures),
                series.traffic.requests,
                f"{series.traffic.milliseconds(99):.0f}",
            )
            found.faults += [f"{name}: {fault}" for fault in series.traffic.faults()]
        found.notes.append(
            f"Warm rollback: {spread(self.to_last_switch)} s from the command to the last answer of"
            f" the replaced release, on all servers (goal: {ROLLBACK_GOAL:g})."
        )
        found.notes.append(
            f"Abort: {spread(self.aborts, 2)} s from the fault to the last action of the"
            f" rollback on any server (goal: {ABORT_GOAL:g});"
            f" {len(self.abort_traffic.failures)} of {self.abort_traffic.requests:,} requests"
            " failed meanwhile."
        )
        found.notes.append(
            f"Times are under {LIGHT} requests/s to each server, of the canary under {RATE}: the"
            " load shares the processors. Requests were counted in further rounds under"
            f" {RATE} requests/s."
        )
        found.notes.append(
            "*Switch*: on each server, from the first answer of the new version to the last of the"
            " old; for `canary` it includes the time that its weights are held."
        )
        if max(self.to_last_switch) > ROLLBACK_GOAL:
            found.faults.append(f"a warm rollback took {max(self.to_last_switch):.1f} s")
        if max(self.aborts) > ABORT_GOAL:
            found.faults.append(f"an abort took {max(self.aborts):.1f} s")
        found.faults += [f"abort: {fault}" for fault in self.abort_traffic.faults()]
        return found

    def _timed(self, strategy: str) -> None:
        """Under a light load, which shows the versions; a canary needs more for its analysis."""
        version = self._next(strategy)
        rate = RATE if strategy == "canary" else LIGHT
        self.series[strategy].seconds.append(self._do(self.fleet.up, rate)[0])
        began = time.time()
        seconds, results = self._do(self.fleet.roll_back, LIGHT)
        self.series[ROLLBACK].seconds.append(seconds)
        self.to_last_switch.append(last_answer(results, version) - began)

    def _counted(self, strategy: str, serving: str) -> None:
        """Under so many requests that a switch which fails any is noticed."""
        versions = {strategy: self._next(strategy), ROLLBACK: serving}
        for name, action in ((strategy, self.fleet.up), (ROLLBACK, self.fleet.roll_back)):
            _, results = self._do(action, RATE)
            self.series[name].traffic.results += results
            self.series[name].switches += [
                handover(each.moments, versions[name]) for each in results
            ]

    def _next(self, strategy: str) -> str:
        version = self.fleet.next_version()
        self.fleet.configure(version, ROLLOUTS[strategy])
        return version

    def _do(self, action: Callable[[], object], rate: float) -> tuple[float, list[Result]]:
        with self._load(rate) as load:
            began = time.monotonic()
            action()
            seconds = time.monotonic() - began
        return seconds, load.results()

    def _abort(self) -> None:
        """A release that logs errors on the second server, after the first has switched."""
        second = self.fleet.servers[1].name
        version = self.fleet.next_version()
        self.fleet.configure(version, ROLLOUTS["rolling"], COMPLAIN_ON=second)
        began = time.time()
        with self._load(RATE) as load:
            done = self.fleet.fail()
        if done.returncode == 0:
            raise SlipwayError("a release that logs errors was committed", where=second)
        self.abort_traffic.results += load.results()
        entries = [each for each in self._entries() if each["time"] >= began]
        self.aborts.append(abort_seconds(entries))

    def _entries(self) -> list[dict[str, Any]]:
        return [entry for entries in self.fleet.journals().values() for entry in entries]

    def _load(self, rate: float) -> Load:
        return Load([server.address for server in self.fleet.servers], rate=rate)


def abort_seconds(entries: Sequence[Mapping[str, Any]]) -> float:
    """Seconds from the first fault in the journals of a rollout's servers to their last action.

    Raises ValueError when nothing failed.
    """
    fault = min(entry["time"] for entry in entries if entry["outcome"].startswith("failed"))
    return float(max(entry["time"] for entry in entries) - fault)


def measure() -> list[Report]:
    """On three servers that nothing else uses. Raises SlipwayError when a command fails."""
    with fresh(SIZE) as fleet:
        strategies = Strategies(fleet)
        strategies.measure()
        return [strategies.report()]
