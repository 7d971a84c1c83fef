"""`slipway rollback`: re-apply the release of an earlier update, and record why."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from slipway import pulumi, record
from slipway.cli.history import read
from slipway.cli.options import Stack
from slipway.cli.table import moment
from slipway.errors import SlipwayError
from slipway.history import Update, reapplied, rollback_target

To = Annotated[str | None, typer.Option("--to", help="The version; else the release before.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Message = Annotated[str, typer.Option("--message", "-m", help="Why, for the history.")]


def rollback(stack: Stack, to: To = None, yes: Yes = False, message: Message = "") -> None:
    """Go back to the last successful update of another release."""
    with ThreadPoolExecutor() as pool:  # each takes Pulumi half a second
        state = pool.submit(pulumi.ask, "stack", "export", "--stack", stack)
        updates = read(stack)
    if not updates:
        raise SlipwayError("nothing was ever deployed", where=stack, remedy="Run `pulumi up`")
    deployment = state.result()["deployment"]
    target = rollback_target(updates, to, cut_off=bool(deployment.get("pending_operations")))
    typer.echo(
        f"{stack}: {updates[0].version} ({updates[0].result}) -> {target.version},"
        f" as applied {moment(target.started)} UTC"
    )
    for line in _images(deployment, target):
        typer.echo(f"  {line}")
    _confirm(yes)
    reason = f"rollback to {target.version}" + (f": {message}" if message else "")
    keep = ("config", "set", "--stack", stack, "version", target.version)
    if code := _apply(stack, target, reason):
        typer.echo(
            f"The stack file names the same version as before. Should every server run"
            f" {target.version} all the same (`slipway status -s {stack}`), keep it:"
            f" pulumi {' '.join(keep)}",
            err=True,
        )
        raise typer.Exit(code)
    if code := pulumi.run(*keep):
        raise typer.Exit(code)  # Pulumi has said what failed
    _warn_of_other_keys(stack, target)


def _images(deployment: Mapping[str, Any], target: Update) -> list[str]:
    """What the target ran as here, one line an image; none if the state keeps no record of it."""
    name = target.release.get("application", {}).get("name", "")
    resources = deployment.get("resources", [])
    ran = record.read({each["urn"]: each for each in resources}, name).get(target.version, {})
    return [
        f"{image} ({', '.join(service for service in ran if ran[service] == image)})"
        for image in dict.fromkeys(ran.values())
    ]


def _confirm(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise SlipwayError("nobody is there to confirm", where="rollback", remedy="Add --yes")
    typer.confirm("Roll back?", abort=True)


def _apply(stack: str, target: Update, reason: str) -> int:
    """One update with the target's release keys; the stack file itself is not touched."""
    content = pulumi.read(pulumi.stack_file(stack))
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        file = Path(folder) / f"Pulumi.{stack}.yaml"
        file.touch(mode=0o600)
        file.write_text(yaml.safe_dump(reapplied(content, target, pulumi.project_name())))
        return pulumi.run(
            *("up", "--stack", stack, "--config-file", str(file)),
            *("--yes", "--skip-preview", "--message", reason),
        )


def _warn_of_other_keys(stack: str, target: Update) -> None:
    """A definition that has changed since is back on the servers only, not in the files."""
    current = pulumi.ask("config", "--json", "--stack", stack)
    project = pulumi.project_name()
    changed = [
        key
        for key in ("application", "overrides")
        if current.get(f"{project}:{key}", {}).get("objectValue") != target.release.get(key)
    ]
    if changed:
        typer.echo(
            f"warning: {' and '.join(changed)} in the project's files differ from what now runs;"
            " the next `pulumi up` applies the files",
            err=True,
        )
