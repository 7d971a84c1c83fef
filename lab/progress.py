"""Shows what the lab is doing, and how long each step took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console

console: Final = Console(highlight=False)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show a spinner while the step runs, and its seconds when it is done."""
    began = time.monotonic()
    with console.status(title):
        yield
    console.print(f"[green]✓[/] {title} [dim]{time.monotonic() - began:.1f} s[/]")
