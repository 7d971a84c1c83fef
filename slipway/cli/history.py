"""`slipway history`: what was applied, when, by whom, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from slipway import pulumi
from slipway.cli.options import Json, Stack
from slipway.history import Update, parse


def history(stack: Stack, as_json: Json = False) -> None:
    """Show the stack's updates, newest first."""
    updates = read(stack)
    if as_json:
        typer.echo(json.dumps([asdict(update) for update in updates], indent=2, default=str))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("started", "version", "kind", "result", "took", "by"):
        table.add_column(name, no_wrap=True)
    table.add_column("message")
    for update in updates:
        table.add_row(*row(update))
    Console().print(table)


def read(stack: str) -> list[Update]:
    """The whole history: Pulumi's own default is ten entries."""
    arguments = ("stack", "history", "--json", "--page-size", "0", "--stack", stack)
    return parse(pulumi.ask(*arguments) or [], pulumi.project_name())


def row(update: Update) -> tuple[str, ...]:
    """One line of the table."""
    return (
        f"{update.started:%Y-%m-%d %H:%M:%S}",
        update.version,
        update.kind,
        update.result,
        f"{update.duration.total_seconds():.0f} s",
        update.actor,
        update.message,
    )
