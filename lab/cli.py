"""`slipway lab`: up, down, status, env, github."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from fakes.github import by_hand
from lab import layout, lifecycle, workspace
from lab.lifecycle import Health
from lab.progress import console, step

lab = typer.Typer(
    help="Servers and a registry on this machine, to try Slipway on.", no_args_is_help=True
)

Staging = Annotated[int, typer.Option(help="Number of staging servers.")]
Production = Annotated[int, typer.Option(help="Number of production servers.")]


@lab.command()
def up(staging: Staging = 1, production: Production = 3) -> None:
    """Start the lab; run again, it adds only what is missing."""
    lifecycle.up(layout.servers(staging, production), step=step)


@lab.command()
def down(
    purge: Annotated[
        bool, typer.Option("--purge", help="Delete the lab's images and keys, too.")
    ] = False,
) -> None:
    """Remove the lab's containers, volumes, network and processes."""
    lifecycle.down(purge=purge, step=step)


@lab.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """Show every machine of the lab; the exit status is 1 unless all of them are ready."""
    machines = lifecycle.status()
    if as_json:
        typer.echo(json.dumps([asdict(machine) for machine in machines], indent=2))
    else:
        console.print(_table(machines) if machines else "The lab is down: `slipway lab up`")
    if not machines or not all(machine.ready for machine in machines):
        raise typer.Exit(1)


@lab.command()
def env() -> None:
    """Print shell lines after which plain `pulumi` works on the lab: eval "$(slipway lab env)"."""
    place = workspace.default()
    for variable, value in place.environment().items():
        typer.echo(f"export {variable}={shlex.quote(value)}")
    typer.echo(f"cd {shlex.quote(str(place.project))}")


@lab.command()
def github(
    port: Annotated[int, typer.Option(help="Port on loopback; 0 means any free port.")] = 0,
) -> None:
    """Run the GitHub simulator until Ctrl-C, to try GitHub as code without an account."""
    by_hand.run(port)


def _table(machines: list[Health]) -> Table:
    table = Table("name", "address", "state", "ready", "containers")
    for machine in machines:
        ready = "[green]yes[/]" if machine.ready else "[red]no[/]"
        row = (machine.name, machine.address, machine.state, ready, str(machine.containers))
        table.add_row(*row)
    return table
