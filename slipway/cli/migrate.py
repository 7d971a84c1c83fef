"""`slipway migrate --again`: the migration of a database that has begun anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from slipway.cli.confirm import Yes, confirm
from slipway.cli.options import Stack
from slipway.errors import SlipwayError
from slipway.stack import updates, workspace

Again = Annotated[bool, typer.Option("--again", help="Needed: every update migrates once.")]


def migrate(stack: Stack, again: Again = False, yes: Yes = False) -> None:
    """Run migration and set-up again: the database was restored, or is another one."""
    if not again:
        raise SlipwayError(
            "every `pulumi up` runs a migration that has not run",
            where="migrate",
            remedy="Add --again to run one that has",
        )
    name = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    typer.echo(f"pulumi config set --stack {stack} database '{name}' && pulumi up --stack {stack}")
    confirm("Run migration and set-up again?", yes=yes)
    updates.rename_database(workspace.open_stack(stack), name, "migrate again")
