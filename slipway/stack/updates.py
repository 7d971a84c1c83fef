"""Updates of a stack with another release than the one in its file."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from pulumi.automation import CommandError, ConfigValue, Stack

from slipway.errors import SlipwayError
from slipway.rollout.release import SETTINGS
from slipway.stack import workspace
from slipway.stack.history import Update


def reapply(stack: Stack, target: Update, message: str) -> None:
    """Run one update with the release keys of `target`; the stack file is not changed.

    Its output is shown as it runs. `message` is recorded in the history. Raises SlipwayError when
    the update fails.
    """
    content = workspace.read(workspace.stack_file(stack.name))
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        file = Path(folder) / f"Pulumi.{stack.name}.yaml"
        file.touch(mode=0o600)
        # JSON is YAML that every reader understands alike.
        file.write_text(json.dumps(reapplied(content, target, workspace.project_name())))
        _up(stack, message, config_file=str(file))


def rename_database(stack: Stack, name: str, message: str) -> None:
    """Write another name of the database into the stack file, and run one update.

    Raises SlipwayError when either fails.
    """
    stack.set_config("database", ConfigValue(name))
    _up(stack, message)


def _up(stack: Stack, message: str, config_file: str | None = None) -> None:
    try:
        stack.up(
            message=message,
            config_file=config_file,
            show_secrets=False,
            color="always" if sys.stdout.isatty() else "never",
            on_output=typer.echo,
            on_error=lambda line: typer.echo(line, err=True),
        )
    except CommandError:
        raise SlipwayError("the update failed, see above", where=stack.name) from None


def reapplied(content: Mapping[str, Any], target: Update, project: str) -> dict[str, Any]:
    """A stack file's content with the release keys of `target`, and everything else unchanged."""
    config = {
        key: value
        for key, value in (content.get("config") or {}).items()
        if key.removeprefix(f"{project}:") not in SETTINGS
    }
    release = {f"{project}:{key}": value for key, value in target.release.items()}
    return {**content, "config": {**config, **release}}


def keep_version(stack: Stack, version: str) -> None:
    """Write `version` into the stack file. Raises SlipwayError when Pulumi fails to do so."""
    stack.set_config("version", ConfigValue(version))
