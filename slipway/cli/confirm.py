"""Asking before something is changed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from slipway.errors import SlipwayError

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def confirm(question: str, *, yes: bool) -> None:
    """Ends the command unless a person agrees. Raises SlipwayError without a terminal."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise SlipwayError("it cannot ask without a terminal", remedy="Add --yes")
    typer.confirm(question, abort=True)
