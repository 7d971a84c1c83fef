"""`make chaos`: every scenario, one line each; exit status 1 when one is not as it must be."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from lab import folders, servers
from lab.chaos.fleet import SERVERS, Fleet
from lab.chaos.scenarios import SCENARIOS, Scenario
from lab.chaos.trial import Outcome, run
from lab.progress import console, step
from lab.workspace import Workspace

Only = Annotated[str, typer.Option(help="Scenarios whose title matches, such as '*killed*'.")]
Strategy = Annotated[str, typer.Option(help="One strategy's scenarios.")]
Fast = Annotated[bool, typer.Option("--fast", help="Those that `make test` runs.")]


def main(only: Only = "*", strategy: Strategy = "*", fast: Fast = False) -> None:
    """Inject faults into rollouts on three lab servers, under load."""
    chosen = [
        each
        for each in SCENARIOS
        if fnmatch(each.title, f"*{only}*")
        and fnmatch(each.strategy, strategy)
        and (each.fast or not fast)
    ]
    fleet = Fleet(Workspace(folders.state() / "chaos"))
    with step("Three servers and the first release"):
        fleet.prepare()
    try:
        outcomes = [_show(each, fleet) for each in chosen]
    finally:
        for server in SERVERS:
            servers.remove(server)
    console.print(table(outcomes))
    raise typer.Exit(any(outcome.faults for outcome in outcomes))


def _show(scenario: Scenario, fleet: Fleet) -> Outcome:
    with step(scenario.title):
        outcome = run(scenario, fleet)
    for fault in outcome.faults:
        console.print(f"  [red]{escape(fault)}[/]")
    return outcome


def table(outcomes: list[Outcome]) -> Table:
    """What came of each."""
    columns = ("scenario", "requests", "failed", "own 5xx", "serves", "exit", "preview", "s", "")
    found = Table(*columns, box=box.SIMPLE_HEAD)
    for each in outcomes:
        found.add_row(
            each.scenario.title,
            str(each.requests),
            str(len(each.failed)),
            str(each.own_errors),
            each.end,
            str(each.code),
            f"{each.changes} changes" if each.changes else "nothing",
            f"{each.seconds:.0f}",
            "[red]✗[/]" if each.faults else "[green]✓[/]",
        )
    return found


if __name__ == "__main__":
    typer.run(main)
