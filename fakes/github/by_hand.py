"""Runs the simulator by hand: prints how to reach it, then every request."""

from __future__ import annotations

import time
from typing import Final

from rich.markup import escape

from fakes.github.contract import ERRORS_FROM
from fakes.github.simulator import Simulator
from lab.progress import console

PAUSE: Final = 0.2  # seconds between looks at the log

WELCOME: Final = """\
A GitHub with the organization acme (users {users}; teams {teams}),
the private repository {repository} and a token with every scope. For Pulumi and for curl:

  export GITHUB_BASE_URL={base_url} GITHUB_OWNER=acme GITHUB_TOKEN={token}
  curl -H "Authorization: Bearer $GITHUB_TOKEN" ${{GITHUB_BASE_URL}}api/v3/repos/{repository}

`make github` installs the plugin for Pulumi. Everything is kept in memory only; Ctrl-C ends it.
"""


def run(port: int) -> None:
    """Serve on a port of loopback until Ctrl-C. Raises SlipwayError when the port is in use."""
    with Simulator(port) as simulator:
        console.print(escape(welcome(simulator)), soft_wrap=True)
        shown, told = 0, 0
        try:
            while True:
                for each in simulator.requests[shown:]:
                    failed = each.status >= ERRORS_FROM
                    color = "red" if failed else "cyan" if each.writes else "dim"
                    console.print(f"[{color}]{each.status} {escape(str(each))}[/]")
                for fault in simulator.violations[told:]:
                    console.print(f"[red]not in GitHub's schemas:[/] {escape(fault)}")
                shown, told = len(simulator.requests), len(simulator.violations)
                time.sleep(PAUSE)
        except KeyboardInterrupt:
            console.print("ended")


def welcome(simulator: Simulator) -> str:
    """What the simulator has, and how to reach it."""
    return WELCOME.format(
        users=", ".join(user.login for user in simulator.users),
        teams=", ".join(simulator.organization.teams),
        repository=simulator.repository.full_name,
        base_url=simulator.base_url,
        token=simulator.token.text,
    )
