"""`slipway rollback`: apply the release of an earlier update again, and record why."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer
from pulumi import automation

from slipway.cli.confirm import Yes, confirm
from slipway.cli.options import Stack
from slipway.cli.table import moment
from slipway.deployment import release_log
from slipway.errors import SlipwayError
from slipway.stack import history, state, updates, workspace
from slipway.stack.history import Update
from slipway.stack.state import State

To = Annotated[str | None, typer.Option("--to", help="The version; default: the previous release.")]
Message = Annotated[str, typer.Option("--message", "-m", help="Why, for the history.")]


def rollback(stack: Stack, to: To = None, yes: Yes = False, message: Message = "") -> None:
    """Roll back to the last successful update of another release."""
    opened = workspace.open_stack(stack)
    with ThreadPoolExecutor() as pool:  # each takes Pulumi half a second
        exporting = pool.submit(state.export, opened)
        done = history.read(opened)
    if not done:
        raise SlipwayError("its history has no update", where=stack, remedy="Run `pulumi up`")
    before = exporting.result()
    target = history.rollback_target(done, to, interrupted=before.interrupted)
    typer.echo(
        f"{stack}: {done[0].version} ({done[0].result}) -> {target.version},"
        f" as applied {moment(target.started)} UTC"
    )
    for line in _images(before, target):
        typer.echo(f"  {line}")
    confirm("Roll back?", yes=yes)
    reason = f"rollback to {target.version}" + (f": {message}" if message else "")
    keep = f"pulumi config set --stack {stack} version {target.version}"
    try:
        updates.reapply(opened, target, reason)
    except SlipwayError as error:
        raise SlipwayError(
            error.what,
            where=error.where,
            remedy="The stack file still has the version from before. If every server runs"
            f" {target.version} (`slipway status -s {stack}`), write it to the file: {keep}",
        ) from None
    try:
        updates.keep_version(opened, target.version)
    except SlipwayError as error:
        raise SlipwayError(
            f"{target.version} runs, but the stack file could not be changed: {error.what}",
            where=stack,
            remedy=f"Before the next `pulumi up`: {keep}",
        ) from None
    _warn_of_other_keys(opened, target)


def _images(before: State, target: Update) -> Iterable[str]:
    """The target's images as they ran here, one on a line; none if the log does not have them."""
    name = target.release.get("application", {}).get("name", "")
    ran = release_log.read(before.resources, name).get(target.version, {})
    for image in dict.fromkeys(ran.values()):
        yield f"{image} ({', '.join(service for service in ran if ran[service] == image)})"


def _warn_of_other_keys(stack: automation.Stack, target: Update) -> None:
    """Other keys that have changed since are rolled back on the servers, but not in the files."""
    current = workspace.configuration(stack)
    changed = [
        key
        for key in ("application", "overrides")
        if history.decoded(key, current.get(key, "null")) != target.release.get(key)
    ]
    if changed:
        typer.echo(
            f"warning: {' and '.join(changed)} in the project's files differ from what now runs;"
            " the next `pulumi up` applies the files",
            err=True,
        )
