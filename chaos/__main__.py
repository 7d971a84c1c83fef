"""`make chaos`: every scenario in a table; exit status 1 when one has a fault."""

from __future__ import annotations

import time
from fnmatch import fnmatch
from typing import Annotated

import typer
from rich.markup import escape

from chaos import report
from chaos.fleet import Fleet
from chaos.scenarios import SCENARIOS, Scenario
from chaos.trial import Outcome, run
from lab import paths
from lab.progress import console, step
from lab.workspace import Workspace

WIDTH = 110  # columns, also where the output goes to a file

Only = Annotated[
    list[str] | None, typer.Option(help="Scenarios whose title matches, such as '*killed*'.")
]
Strategy = Annotated[str, typer.Option(help="One strategy's scenarios.")]
Fast = Annotated[bool, typer.Option("--fast", help="What `make test` runs.")]


def main(only: Only = None, strategy: Strategy = "*", fast: Fast = False) -> None:
    """Inject faults into rollouts on three lab servers, under load."""
    chosen = choose(only or ["*"], strategy, fast=fast)
    folder = paths.state() / "chaos"
    fleet = Fleet(Workspace(folder))
    began = time.monotonic()
    outcomes: list[Outcome] = []
    try:
        with step("Three servers and the first release"):
            fleet.prepare()
        for scenario in chosen:
            outcomes.append(_show(scenario, fleet))
            report.keep(outcomes[-1], folder)
    finally:
        fleet.remove()
        console.print(report.table(outcomes), width=max(console.width, WIDTH))
    passed = sum(not outcome.faults for outcome in outcomes)
    minutes = (time.monotonic() - began) / 60
    console.print(f"{passed} of {len(outcomes)} scenarios passed, in {minutes:.0f} min")
    console.print(f"The tables are in {folder / 'table.md'} and table.json")
    raise typer.Exit(passed < len(outcomes) or not outcomes)


def choose(only: list[str], strategy: str, *, fast: bool) -> list[Scenario]:
    """The scenarios that match, in their order."""
    return [
        each
        for each in SCENARIOS
        if any(fnmatch(each.title, f"*{pattern}*") for pattern in only)
        and fnmatch(each.strategy, strategy)
        and (each.fast or not fast)
    ]


def _show(scenario: Scenario, fleet: Fleet) -> Outcome:
    with step(scenario.title):
        outcome = run(scenario, fleet)
    for fault in outcome.faults:
        console.print(f"  [red]{escape(fault)}[/]")
    if outcome.faults:
        console.print(f"  pulumi up printed:\n{escape(outcome.output)}")
    if not outcome.healed:
        with step("Fresh servers"):
            fleet.prepare()
    return outcome


if __name__ == "__main__":
    typer.run(main)
