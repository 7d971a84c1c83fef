"""Tables that stay readable at 80 columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

EMPTY = "-"  # in an empty cell


def show(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, folding: Collection[str]
) -> None:
    """Print a table; on a narrow terminal only the `folding` columns wrap."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=column not in folding)
    for row in rows:
        table.add_row(*(cell or EMPTY for cell in row))
    Console(highlight=False, markup=False).print(table)


def moment(when: datetime) -> str:
    """A time in UTC, to the minute."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M}"
