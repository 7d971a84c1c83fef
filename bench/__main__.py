"""The benchmark's command line: exit status 1 when a goal is missed or a request failed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from bench import comparison, delivery, github, growth, planning, strategies
from bench.report import Report
from lab.progress import console
from slipway.errors import SlipwayError
from toolchain.errors import ToolchainError


class Part(StrEnum):
    """What can be measured."""

    DELIVERY = "delivery"
    STRATEGIES = "strategies"
    GROWTH = "growth"
    PEERS = "peers"
    PLANNING = "planning"
    GITHUB = "github"


MEASURES: Final[dict[Part, Callable[[], list[Report]]]] = {
    Part.DELIVERY: delivery.measure,
    Part.PEERS: comparison.measure,
    Part.STRATEGIES: strategies.measure,
    Part.GROWTH: growth.measure,
    Part.PLANNING: planning.measure,
    Part.GITHUB: github.measure,
}
Parts = Annotated[list[Part] | None, typer.Argument(help="What to measure; by default, delivery.")]
Markdown = Annotated[Path | None, typer.Option(help="A file for the tables, as Markdown.")]


def main(parts: Parts = None, markdown: Markdown = None) -> None:
    """Time deliveries on the lab, and count failed requests."""
    reports: list[Report] = []
    for part in parts or [Part.DELIVERY]:
        try:
            found = MEASURES[part]()
        except (SlipwayError, ToolchainError) as error:
            console.print(f"[red]error:[/] {escape(str(error))}")
            sys.exit(1)
        for report in found:
            _show(report)
        reports += found
        if markdown:
            markdown.write_text("\n\n".join(report.markdown() for report in reports) + "\n")
    sys.exit(1 if any(report.faults for report in reports) else 0)


def _show(report: Report) -> None:
    console.print(report.table())
    for note in report.notes:
        console.print(escape(note), style="dim")
    for fault in report.faults:
        console.print(f"[red]✗[/] {escape(fault)}")


if __name__ == "__main__":
    typer.run(main)
