"""`slipway workflows`: write the repository's GitHub workflows as files, to review them first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slipway.ci.files import files
from slipway.ci.project import read
from slipway.cli.options import Stack
from slipway.errors import SlipwayError
from slipway.stack import workspace

workflows = typer.Typer(help="The repository's GitHub workflows.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(metavar="PATH", help="The repository's folder.")]


@workflows.callback()
def commands() -> None:
    """Makes `workflows` a group, although it has one command."""


@workflows.command()
def write(path: Folder, stack: Stack) -> None:
    """Write the workflow files of the stack's configuration; other files are not changed."""
    file = workspace.stack_file(stack)
    texts = files(read(file.parent, stack))
    if not texts:
        raise SlipwayError(
            "no workflows are configured",
            where=stack,
            remedy="Set slipway:workflows, see docs/workflows.md",
        )
    for name, text in texts.items():
        target = path / name
        before = target.read_text() if target.is_file() else None
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        typer.echo(f"{_what(before, text)} {target}")


def _what(before: str | None, now: str) -> str:
    if before is None:
        return "new      "
    return "unchanged" if before == now else "changed  "
