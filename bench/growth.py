"""How previews and updates of the smallest application grow from one server to three and six."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bench import bare
from bench.delivery import size
from bench.fleet import Fleet, fresh
from bench.peers.application import image
from bench.report import Report
from bench.seconds import Seconds
from lab.progress import step

SIZES: Final = (1, 3, 6)  # servers
RUNS: Final = 2
BAKE: Final = 1.0  # seconds
ROLLOUTS: Final[Mapping[str, dict[str, Any]]] = {
    "up, rolling": {"strategy": "rolling", "batch": 1, "bake": f"{BAKE:g}s"},
    "up, blue-green": {"strategy": "blue-green", "bake": f"{BAKE:g}s"},
}
COLUMNS: Final = (
    *("median seconds", "preview, no change", "up, no change", "preview, new version"),
    *(f"{name}, new version" for name in ROLLOUTS),
)


def measure() -> list[Report]:
    """On one, three and six of six servers that nothing else uses."""
    report = Report("From one server to six", COLUMNS)
    steps = Seconds()
    with fresh(max(SIZES)) as fleet:
        with step("The bare steps on one server"):
            for _ in range(RUNS + 1):
                bare.time_steps(steps, fleet.servers[0], image(fleet.next_version()), path="/up")
        machines = fleet.servers
        for number in SIZES:
            fleet.servers = machines[:number]
            name = size(fleet.servers)
            with step(name):
                seconds = _time(fleet)
            report.add(name, *(seconds.median(column) for column in COLUMNS[1:]))
    report.notes.append(
        f"A rolling update has {BAKE:g} s of bake time for each server in turn, the other"
        f" {BAKE:g} s in all. The bare steps (pull, run, first answer) take"
        f" {bare.total(steps):.2f} s on one server. The servers share two processors."
    )
    return [report]


def _time(fleet: Fleet) -> Seconds:
    """Time a fleet of this size, after a first deployment to it."""
    seconds = Seconds()
    rollout, *_ = ROLLOUTS.values()
    fleet.configure(fleet.next_version(), rollout)
    fleet.up()
    seconds.repeat("preview, no change", RUNS, fleet.preview)
    seconds.repeat("up, no change", RUNS, fleet.up)
    for _ in range(RUNS):
        for name, rollout in ROLLOUTS.items():
            fleet.configure(fleet.next_version(), rollout)
            if name == "up, rolling":
                seconds.repeat("preview, new version", 1, fleet.preview)
            seconds.repeat(f"{name}, new version", 1, fleet.up)
    return seconds
