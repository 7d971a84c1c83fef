"""Reports of rollouts that failed on this server."""

from __future__ import annotations

import json
import os
from typing import Any, Optional

from slipway.agent.state.store import Store
from slipway.protocol.answers import IncidentReport, TimelineEntry

FOLDER = "incidents"
KEPT = 20  # reports; older ones are removed
LINE = 200  # characters, so that an answer of the agent is shorter than 32 KiB
TIMELINE_ENTRIES = 60
TAIL = 256 * 1024  # bytes of the journal that are searched


def keep(store: Store, report: IncidentReport) -> None:
    """Write a report; its texts are already masked.

    Raises SlipwayError or OSError when it cannot be written.
    """
    folder = store.folder / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    store.save(f"{FOLDER}/{report.time:.3f}.json", report)
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink()


def first(store: Store, transaction: str) -> Optional[IncidentReport]:
    """The report of the first fault of a rollout here, if there is one."""
    for path in sorted((store.folder / FOLDER).glob("*.json")):
        report = store.load(f"{FOLDER}/{path.name}", IncidentReport)
        if report and report.transaction == transaction:
            return report
    return None


def timeline(store: Store, transaction: str) -> tuple[TimelineEntry, ...]:
    """The last actions of a rollout, oldest first."""
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
        for each in done[-TIMELINE_ENTRIES:]
    )


def _entry(line: str) -> dict[str, Any]:
    """Empty for an incomplete line: at the start of the tail, or where the disk was full."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return found
