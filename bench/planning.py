"""Time and memory of a simulated preview with many servers."""

from __future__ import annotations

import json
import sys
from typing import Final

from bench.report import Report
from lab.command import run
from lab.progress import step

SIZES: Final = (1, 10, 100, 1000)  # servers
LIMIT: Final = 420.0  # seconds
COLUMNS: Final = ("servers", "resources", "seconds", "of a processor", "peak memory, MB")


def measure() -> list[Report]:
    """Each size in a process of its own. Raises SlipwayError when one fails."""
    report = Report("The plan for many servers, simulated", COLUMNS)
    for size in SIZES:
        with step(f"{size} servers"):
            simulation = [sys.executable, "-m", "bench.simulation", str(size)]
            found = json.loads(run(simulation, limit=LIMIT))
        seconds = (float(found[kind]) for kind in ("seconds", "processor"))
        report.add(f"{size:,}", found["resources"], *seconds, f"{found['megabytes']:.0f}")
    report.notes.append(
        "The program as it is, with the mocks of Pulumi's SDK in place of its engine, and no"
        " network: what a real preview adds is the engine's own work and the servers' answers,"
        " 64 of which are fetched at once."
    )
    return [report]
