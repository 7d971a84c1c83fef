"""The results of a part of the benchmark, for a terminal and for docs/benchmarks.md."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.markup import escape
from rich.table import Table


@dataclass
class Report:
    """A table of text, notes on it, and faults: failed requests and missed goals."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, name: str, *values: object) -> None:
        """A row; numbers with a fraction are shown with two digits of it."""
        self.rows.append((name, *map(_shown, values)))

    def table(self) -> Table:
        """For a terminal."""
        table = Table(title=self.title, title_justify="left", box=box.SIMPLE_HEAD)
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*map(escape, row))
        return table

    def markdown(self) -> str:
        """The same for a document."""
        head = [
            "|".join(("", *cells, "")) for cells in (self.columns, ["---:"] * len(self.columns))
        ]
        head[1] = head[1].replace("---:", "---", 1)
        body = ["|".join(("", *(f" {cell} " for cell in row), "")) for row in self.rows]
        told = [*self.notes, *(f"**Fault**: {fault}" for fault in self.faults)]
        return "\n".join([f"**{self.title}**", "", *head, *body, *(f"\n{line}" for line in told)])


def spread(values: Sequence[float], digits: int = 1) -> str:
    """The median, with the least and the most unless all are equal: `9.4 (8.7-11.0)`."""
    shown = [f"{each:.{digits}f}" for each in (statistics.median(values), min(values), max(values))]
    return shown[0] if len(set(shown)) == 1 else f"{shown[0]} ({shown[1]}-{shown[2]})"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
