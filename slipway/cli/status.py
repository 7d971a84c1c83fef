"""`slipway status`: what every server runs now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import typer

from slipway.cli.options import Json, Stack
from slipway.cli.stack import settings_of
from slipway.cli.table import moment, show
from slipway.errors import SlipwayError
from slipway.observe.observed import hosts
from slipway.observe.servers import query_servers
from slipway.observe.status import Status
from slipway.protocol.codec import to_json
from slipway.protocol.installation import Installation

COLUMNS = ("server", "serves", "since (UTC)", "before", "phase")


def status(stack: Stack, as_json: Json = False) -> None:
    """Show what every server runs; exit status 1 if one has a problem or does not answer."""
    found, faults = _ask(stack)
    if as_json:
        failed = [{"server": name, "error": str(fault)} for name, fault in faults.items()]
        typer.echo(json.dumps([*(to_json(each) for each in found.values()), *failed], indent=2))
    else:
        rows = [*map(row, found.values()), *((name, "no status") for name in faults)]
        show(COLUMNS, rows, folding=("serves",))
        for line in [*all_problems(found, faults), *warnings(found)]:
            typer.echo(line)
    if all_problems(found, faults):
        raise typer.Exit(1)


def row(found: Status) -> tuple[str, ...]:
    """One server's line of the table."""
    serving = found.serving
    since = serving.since if serving else 0
    return (
        found.server,
        str(serving or "nothing"),
        moment(datetime.fromtimestamp(since, UTC)) if since else "",
        found.previous.version if found.previous else "",
        found.phase,
    )


def all_problems(found: Mapping[str, Status], faults: Mapping[str, SlipwayError]) -> list[str]:
    """One line for each problem of a release, an accessory, or a server."""
    return [
        *(f"{each.server}: {problem}" for each in found.values() for problem in problems(each)),
        *map(str, faults.values()),
    ]


def warnings(found: Mapping[str, Status]) -> list[str]:
    """One line for each thing that will become a problem."""
    return [f"{each.server}: {text}" for each in found.values() for text in each.warnings]


def problems(found: Status) -> list[str]:
    """Problems of the serving release and of the accessories."""
    accessories = [f"{name}: {a.problem}" for name, a in found.accessories.items() if a.problem]
    return [*found.problems, *accessories]


def _ask(stack: str) -> tuple[dict[str, Status], dict[str, SlipwayError]]:
    known = settings_of(stack)
    installation = Installation(known.application.name, stack)
    return query_servers(installation, hosts(known), known.preflight.clock_skew)
