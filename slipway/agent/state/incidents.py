"""What is kept of a rollout that failed on this server, for those who ask why."""

from __future__ import annotations

import json
import os
from typing import Any, Optional

from slipway.agent.state.store import Store
from slipway.protocol.answers import IncidentReport, TimelineEntry

FOLDER = "incidents"
KEPT = 20  # reports; the oldest go
LINE = 200  # characters: an answer of the agent stays under 32 KiB
MOMENTS = 60  # of the timeline
TAIL = 256 * 1024  # bytes of the journal that are looked through


def keep(store: Store, report: IncidentReport) -> None:
    """Write down what failed. Texts are masked already.

    Raises SlipwayError or OSError when the disk does not take it.
    """
    folder = store.folder / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    store.save(f"{FOLDER}/{report.time:.3f}.json", report)
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink()


def first(store: Store, transaction: str) -> Optional[IncidentReport]:
    """The first fault of one rollout here, if there was one."""
    for path in sorted((store.folder / FOLDER).glob("*.json")):
        report = store.load(f"{FOLDER}/{path.name}", IncidentReport)
        if report and report.transaction == transaction:
            return report
    return None


def timeline(store: Store, transaction: str) -> tuple[TimelineEntry, ...]:
    """The last actions of one rollout, oldest first."""
    path = store.folder / "journal.jsonl"
    if not path.exists():
        return ()
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        lines = file.read().decode(errors="replace").splitlines()
    entries = [_entry(line) for line in lines if f'"transaction": "{transaction}"' in line]
    done = [each for each in entries if each and each["outcome"] != "begun"]
    return tuple(
        TimelineEntry(each["time"], each["step"], each["action"][:LINE], each["outcome"][:LINE])
        for each in done[-MOMENTS:]
    )


def _entry(line: str) -> dict[str, Any]:
    """Empty for a part of a line: where the tail begins, or the disk was full."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return found
