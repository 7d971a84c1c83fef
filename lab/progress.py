"""Shows what the lab is at, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console

console: Final = Console(highlight=False)


@contextmanager
def step(title: str) -> Iterator[None]:
    """A line that moves while it lasts, and says its seconds when it is done."""
    began = time.monotonic()
    with console.status(title):
        yield
    console.print(f"[green]✓[/] {title} [dim]{time.monotonic() - began:.1f} s[/]")
