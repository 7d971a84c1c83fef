"""Progress of a set-up, on standard error, because `env` uses standard output."""

from __future__ import annotations

import sys


def step(subject: str, text: str) -> None:
    """Show the progress of one part of the toolchain."""
    print(f"{subject:<10} {text}", file=sys.stderr, flush=True)


def detail(text: str) -> None:
    """Show a detail of the previous step."""
    step("", text)
