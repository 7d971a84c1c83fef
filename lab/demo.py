"""The main job on this machine, checked as it goes: `make demo`."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.markup import escape
from rich.table import Table

from lab import lifecycle, servers
from lab.layout import Environment, Server, environment_servers
from lab.progress import console, step
from lab.workspace import UPDATE_LIMIT, Workspace, default
from slipway.errors import SlipwayError

OLD: Final = "v1.0.0"
NEW: Final = "v1.1.0"
FLEET: Final[dict[Environment, list[Server]]] = {
    "staging": environment_servers("staging", 1),
    "production": environment_servers("production", 3),
}


def main() -> None:
    """Raises SlipwayError as soon as a check fails."""
    began = time.monotonic()
    workspace = default()
    heading("The lab: one staging server, three production servers, a registry")
    lifecycle.up([server for servers in FLEET.values() for server in servers], step=step)
    with step("Stacks staging and production"):
        workspace.ensure()

    heading(f"Staging builds {OLD}, pushes it and rolls it out")
    deploy(workspace, "staging", OLD)
    heading(f"Production is promoted to {OLD}: the digests that staging ran")
    deploy(workspace, "production", OLD)
    _check_same_images(workspace)
    heading(f"{NEW} to staging, then to production")
    deploy(workspace, "staging", NEW)
    deploy(workspace, "production", NEW)
    _check_same_images(workspace)
    heading(f"Production is rolled back to {OLD} by re-applying the previous stack state")
    roll_back(workspace, OLD)
    heading("pulumi stack history -s production")
    show_history(workspace)
    heading(f"Every check passed, in {time.monotonic() - began:.0f} s")
    console.print(
        "Continue by hand:\n"
        '  eval "$(make -s env)"              # a shell for the lab, in the project\'s folder\n'
        "  pulumi preview -s staging          # no changes\n"
        f"  pulumi config set version {NEW} -s production\n"
        "  pulumi up -s production            # promote again\n"
        "  slipway status -s production       # what every server runs\n"
        "  slipway rollback -s production     # and roll back\n"
        "  make lab-down                      # in the repository: removes the lab"
    )


def heading(text: str) -> None:
    """Print the heading of a part of the demo."""
    console.print(f"\n[bold]== {text}[/]")


def deploy(workspace: Workspace, stack: Environment, version: str) -> None:
    """Change `version` and run `pulumi up`, as a person would."""
    command = f"pulumi config set version {version} && pulumi up -s {stack}"
    console.print(f"[cyan]$ {command}[/]")
    workspace.pulumi("config", "set", "--stack", stack, "version", version)
    message = f"{version} to {stack}"
    _stream(workspace, "up", "--stack", stack, "--yes", "--skip-preview", "--message", message)
    _check_versions(stack, version)


def roll_back(workspace: Workspace, version: str) -> None:
    """Apply the last successful update of another release from the stack's history again."""
    console.print("[cyan]$ slipway rollback -s production --yes[/]")
    workspace.run("slipway", "rollback", "--stack", "production", "--yes", limit=UPDATE_LIMIT)
    _check_versions("production", version)


def show_history(workspace: Workspace) -> None:
    """The last updates, newest first."""
    table = Table("started", "kind", "result", "version", "message", box=None)
    history = workspace.pulumi("stack", "history", "--json", "--stack", "production")
    for update in json.loads(history)[:6]:
        version = update["config"].get("slipway:version", {}).get("value", "")
        row = (update["startTime"][:19], update["kind"], update["result"], version)
        table.add_row(*row, update["message"])
    console.print(table)


def _stream(workspace: Workspace, *arguments: str) -> None:
    """Run `pulumi`, show its last line meanwhile, and print its summary. Raises SlipwayError."""
    lines: list[str] = []
    with (
        console.status("") as status,
        workspace.start(*arguments) as process,
        _limited(process, UPDATE_LIMIT),
    ):
        for line in process.stdout or ():
            lines.append(line.rstrip())
            status.update(escape(lines[-1][: console.width - 4]))
    if process.returncode:
        raise SlipwayError("\n".join(lines), where=f"pulumi {' '.join(arguments)}")
    counts = " ".join(line.strip() for line in lines[_summary(lines) :] if line)
    console.print(f"  {escape(counts)}", style="dim")


def _summary(lines: list[str]) -> int:
    """The line at which Pulumi's summary begins: the counts and the duration."""
    return next((n for n, line in enumerate(lines) if line == "Resources:"), 0)


@contextmanager
def _limited(process: subprocess.Popen[str], seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, process.terminate)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _check_versions(stack: Environment, version: str) -> None:
    """Query every server through its proxy. Raises SlipwayError for another version."""
    for server in FLEET[stack]:
        answer = servers.shop(server)
        if (answer["version"], answer["server"]) != (version, server.name):
            raise SlipwayError(f"it serves {answer}, not {version}", where=server.name)
    names = ", ".join(server.name for server in FLEET[stack])
    console.print(f"[green]✓[/] {version} answers on {names}")


def _check_same_images(workspace: Workspace) -> None:
    """Raises SlipwayError unless both environments report the same digests."""
    images = {
        stack: json.loads(workspace.pulumi("stack", "output", "--json", "--stack", stack))["images"]
        for stack in FLEET
    }
    if images["staging"] != images["production"]:
        raise SlipwayError(f"the environments run different images: {images}")
    console.print("[green]✓[/] production runs the digests that staging ran")


if __name__ == "__main__":
    try:
        main()
    except SlipwayError as error:
        console.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(1)
