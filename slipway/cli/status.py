"""`slipway status`: what every server runs now, by its own word."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer
import yaml
from rich import box
from rich.console import Console
from rich.table import Table

from slipway import fleet, pulumi, settings
from slipway.cli.options import Json, Stack
from slipway.release.status import Status


def status(stack: Stack, as_json: Json = False) -> None:
    """Ask every server of the stack; exit status 1 if one of them has a problem."""
    found = _ask(stack)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], indent=2))
    else:
        table = Table(box=box.SIMPLE_HEAD)
        for name in ("server", "serves", "before", "phase"):
            table.add_column(name, no_wrap=True)
        table.add_column("problems")
        for each in found:
            table.add_row(*row(each))
        Console().print(table)
    if any(problems(each) for each in found):
        raise typer.Exit(1)


def row(found: Status) -> tuple[str, ...]:
    """One server's line of the table."""
    return (
        found.server,
        str(found.serving or "nothing"),
        str(found.previous or ""),
        found.phase,
        ", ".join(problems(found)),
    )


def problems(found: Status) -> list[str]:
    """What is amiss with the serving release and with the accessories."""
    accessories = [f"{name}: {a.problem}" for name, a in found.accessories.items() if a.problem]
    return [*found.problems, *accessories]


def _ask(stack: str) -> list[Status]:
    prefix = f"{pulumi.project_name()}:"
    config = pulumi.ask("config", "--json", "--show-secrets", "--stack", stack)
    values = {
        key.removeprefix(prefix): entry.get("objectValue", entry.get("value"))
        for key, entry in config.items()
        if key.startswith(prefix)
    }
    known = settings.load(stack, values, _program_folder())
    answers = fleet.statuses(known.application.name, fleet.hosts(known), known.preflight.clock_skew)
    return list(answers.values())


def _program_folder() -> Path:
    """Where the program is, which relative paths in the settings begin at."""
    file = pulumi.project_file()
    return file.parent / (yaml.safe_load(file.read_text()).get("main") or "")
