"""`slipway history`: what was applied, when, by whom, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from slipway import pulumi
from slipway.cli.options import Json, Stack
from slipway.cli.table import moment, show
from slipway.history import Update, parse

COLUMNS = ("started (UTC)", "version", "result", "took", "by", "message")


def history(stack: Stack, as_json: Json = False) -> None:
    """Show the stack's updates, newest first."""
    updates = read(stack)
    if as_json:
        typer.echo(json.dumps([asdict(update) for update in updates], indent=2, default=str))
    else:
        show(COLUMNS, map(row, updates), folding=("result", "by", "message"))


def read(stack: str) -> list[Update]:
    """The whole history: Pulumi's own default is ten entries."""
    arguments = ("stack", "history", "--json", "--page-size", "0", "--stack", stack)
    return parse(pulumi.ask(*arguments) or [], pulumi.project_name())


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
