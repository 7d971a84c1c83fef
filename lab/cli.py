"""`slipway lab`: up, down, status, env, github.

Each imports what it needs of the lab: the commands beside them, which share their program, needn't
wait for it.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from lab import layout
from lab.progress import console, step

if TYPE_CHECKING:
    from lab.lifecycle import Health

lab = typer.Typer(
    help="Servers and a registry on this machine, to try Slipway on.", no_args_is_help=True
)

Staging = Annotated[int, typer.Option(help="Number of staging servers.")]
Production = Annotated[int, typer.Option(help="Number of production servers.")]


@lab.command()
def up(staging: Staging = 1, production: Production = 3) -> None:
    """Make the lab ready; run again, it only adds what is missing."""
    from lab import lifecycle

    lifecycle.up(layout.servers(staging, production), step=step)


@lab.command()
def down(
    purge: Annotated[
        bool, typer.Option("--purge", help="Delete the lab's images and keys too.")
    ] = False,
) -> None:
    """Leave nothing behind: containers, volumes, network, processes."""
    from lab import lifecycle

    lifecycle.down(purge=purge, step=step)


@lab.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """Show every machine of the lab; exit status 1 unless all of them are ready."""
    from lab import lifecycle

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
    from lab import workspace

    place = workspace.default()
    for variable, value in place.environment().items():
        typer.echo(f"export {variable}={shlex.quote(value)}")
    typer.echo(f"cd {shlex.quote(str(place.project))}")


@lab.command()
def github(
    port: Annotated[int, typer.Option(help="Port on loopback; 0 takes a free one.")] = 0,
) -> None:
    """Run a GitHub on this machine until Ctrl-C, to try GitHub as code without an account."""
    from lab.github import by_hand

    by_hand.run(port)


def _table(machines: list[Health]) -> Table:
    table = Table("name", "address", "state", "ready", "containers")
    for machine in machines:
        ready = "[green]yes[/]" if machine.ready else "[red]no[/]"
        row = (machine.name, machine.address, machine.state, ready, str(machine.containers))
        table.add_row(*row)
    return table
