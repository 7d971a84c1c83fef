"""What is kept of a rollout that failed on this server, for those who ask why."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slipway.agent.store import Store
from slipway.errors import SlipwayError

FOLDER = "incidents"
KEPT = 20  # reports; the oldest go
LOG_LINES = 50  # of the container that failed
LINE = 200  # characters: an answer of the agent stays under 32 KiB
MOMENTS = 60  # of the timeline
TAIL = 256 * 1024  # bytes of the journal that are looked through


def keep(
    store: Store, ballot: str, error: SlipwayError, facts: Mapping[str, Any], now: float
) -> None:
    """Write down what failed, with the end of the log of the container that did, if one did.

    `facts` say on which server and in which step, and what serves. Texts are masked already. Raises
    SlipwayError when the disk does not take it.
    """
    log: Sequence[str] = getattr(error, "log", ())
    found = {
        **facts,
        "ballot": ballot,
        "time": now,
        "fault": {"what": error.what, "where": error.where, "remedy": error.remedy},
        "log": [line[:LINE] for line in log[-LOG_LINES:]],
    }
    folder = store.folder / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    store.write(f"{FOLDER}/{now:.3f}.json", found)
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink()


def of(store: Store, ballot: str) -> dict[str, Any]:
    """The first fault of one rollout here, if there was one, and what was done when."""
    reports = [store.read(f"{FOLDER}/{path.name}") for path in _files(store.folder / FOLDER)]
    own = [report for report in reports if report.get("ballot") == ballot]
    return {**(own[0] if own else {}), "timeline": timeline(store, ballot)}


def timeline(store: Store, ballot: str) -> list[dict[str, Any]]:
    """The last actions of one rollout, oldest first: time, step, action, and what came of it."""
    path = store.folder / "journal.jsonl"
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        lines = file.read().decode(errors="replace").splitlines()
    entries = [_entry(line) for line in lines if f'"ballot": "{ballot}"' in line]
    keys = ("time", "step", "action", "outcome")
    done = [each for each in entries if each and each["outcome"] != "begun"]
    return [{key: str(each[key])[:LINE] for key in keys} for each in done[-MOMENTS:]]


def _entry(line: str) -> dict[str, Any]:
    """Empty for a part of a line: where the tail begins, or the disk was full."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json")) if folder.exists() else []
