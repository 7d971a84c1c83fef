"""What the user sees of a set-up, on standard error: standard output belongs to `env`."""

from __future__ import annotations

import sys


def step(subject: str, text: str) -> None:
    """Say what is being done or is done about one part of the toolchain."""
    print(f"{subject:<10} {text}", file=sys.stderr, flush=True)


def detail(text: str) -> None:
    """Say more about the step before."""
    step("", text)
