"""The table of outcomes: on the terminal, and in files that keep the latest of every scenario."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.table import Table

from chaos.scenarios import SCENARIOS
from chaos.trial import Outcome

COLUMNS: Final = (
    *("scenario", "requests", "failed", "own 5xx", "serves", "exit", "next preview", "s", "ok"),
)


def cells(outcome: Outcome) -> list[str]:
    """One row, as text."""
    return [
        outcome.title,
        f"{outcome.requests:,}",
        str(len(outcome.failed)),
        str(outcome.own_errors),
        outcome.end,
        _exit(outcome.code),
        {None: "none", 0: "nothing"}.get(outcome.changes, f"{outcome.changes} changes"),
        f"{outcome.seconds:.0f}",
        "✗" if outcome.faults else "✓",
    ]


def _exit(code: int | None) -> str:
    if code is None:
        return "none"
    return "killed" if code < 0 else str(code)


def table(outcomes: Iterable[Outcome]) -> Table:
    """The outcomes for the terminal."""
    found = Table(*COLUMNS, box=box.SIMPLE_HEAD)
    for each in outcomes:
        found.add_row(*cells(each), style="red" if each.faults else None)
    return found


def keep(outcome: Outcome, folder: Path) -> None:
    """Replace the scenario's row in `table.json` and `table.md`; the other rows are kept."""
    file = folder / "table.json"
    rows: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    rows[outcome.title] = {"measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", **asdict(outcome)}
    known = {each.title: rows[each.title] for each in SCENARIOS if each.title in rows}
    _write(file, json.dumps(known, indent=2, ensure_ascii=False))
    _write(folder / "table.md", markdown(known))


def _write(file: Path, text: str) -> None:
    """Replace the file at once, so that an interruption leaves the old one."""
    draft = file.with_suffix(".partial")
    draft.write_text(text)
    draft.replace(file)


def markdown(rows: dict[str, dict[str, Any]]) -> str:
    """All rows with the time at which each was measured, and the faults below."""
    lines = [f"| {' | '.join((*COLUMNS, 'measured (UTC)'))} |", "|---" * (len(COLUMNS) + 1) + "|"]
    wrong = []
    for row in rows.values():
        values = dict(row)
        measured, outcome = values.pop("measured"), Outcome(**values)
        lines.append(f"| {' | '.join((*cells(outcome), measured))} |")
        wrong += [f"- {outcome.title}: {fault}" for fault in outcome.faults]
    return "\n".join([*lines, "", *wrong]).rstrip() + "\n"
