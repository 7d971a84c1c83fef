"""The `slipway` command for daily work with a deployment."""

from __future__ import annotations

import sys

import typer

from slipway.cli.health import health
from slipway.cli.history import history
from slipway.cli.lock import lock, unlock
from slipway.cli.migrate import migrate
from slipway.cli.resolve import resolve
from slipway.cli.rollback import rollback
from slipway.cli.status import status
from slipway.cli.workflows import workflows
from slipway.errors import SlipwayError

slipway = typer.Typer(
    help="Daily work with a deployment: status, health, history, rollback.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (status, health, history, rollback, migrate, lock, unlock, resolve):
    slipway.command()(command)
slipway.add_typer(workflows, name="workflows")


def main() -> None:
    """Run the command; an error is one line on standard error, and exit status 1."""
    try:
        slipway()
    except SlipwayError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
