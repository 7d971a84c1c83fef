"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Stack = Annotated[str, typer.Option("--stack", "-s", help="The environment, as Pulumi names it.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
