"""`slipway history`: which updates ran, when, by whom, and with which result."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from slipway.cli.options import Json, Stack
from slipway.cli.table import moment, show
from slipway.stack.history import Update, read
from slipway.stack.workspace import open_stack

COLUMNS = ("started (UTC)", "version", "result", "took", "by", "message")


def history(stack: Stack, as_json: Json = False) -> None:
    """Show the stack's updates, newest first."""
    updates = read(open_stack(stack))
    if as_json:
        typer.echo(json.dumps([asdict(update) for update in updates], indent=2, default=str))
    else:
        show(COLUMNS, map(row, updates), folding=("result", "by", "message"))


def row(update: Update) -> tuple[str, ...]:
    """One line of the table."""
    return (
        moment(update.started),
        update.version,
        update.result if update.kind == "update" else f"{update.kind} {update.result}",
        f"{update.duration.total_seconds():.0f} s",
        update.actor,
        update.message,
    )
