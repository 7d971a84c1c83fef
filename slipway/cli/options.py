"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack, which is the environment.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
