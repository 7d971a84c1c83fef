"""`slipway health`: whether all is well on every server, looked at now."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from slipway import fleet, remote
from slipway.cli.options import Json, Stack
from slipway.cli.stack import settings_of
from slipway.cli.table import show
from slipway.errors import SlipwayError
from slipway.remote import Answer, Host

COLUMNS = ("server", "part", "health")
LIMIT = 120.0  # seconds for one server: its slowest check, with its retries

Service = Annotated[str, typer.Option(help="One service or accessory; else all.")]
Minutes = Annotated[float, typer.Option(min=0, help="How far back logs are read; 0: not at all.")]


@dataclass(frozen=True)
class Checkup:
    """What one server found, or why it could not look."""

    server: str
    checks: tuple[dict[str, Any], ...] = ()
    fault: SlipwayError | None = None

    @property
    def ok(self) -> bool:
        return self.fault is None and all(check["ok"] for check in self.checks)


def health(
    stack: Stack, service: Service = "", minutes: Minutes = 5, as_json: Json = False
) -> None:
    """Have every server look at containers, readiness, accessories, proxy, smoke tests and logs.

    Exit status 1 if anything is wrong, or a server cannot tell.
    """
    known = settings_of(stack)
    options = ["--application", known.application.name, "--minutes", f"{minutes:g}", "--json"]
    options += ["--service", service] if service else []
    found = checkups(list(fleet.hosts(known).values()), options)
    if as_json:
        typer.echo(json.dumps([_plain(each) for each in found], indent=2))
    else:
        show(COLUMNS, (row for each in found for row in rows(each)), folding=("health",))
        for each in found:
            if each.fault:
                typer.echo(str(each.fault))
    if not all(each.ok for each in found):
        raise typer.Exit(1)


def checkups(hosts: Sequence[Host], options: Sequence[str]) -> list[Checkup]:
    """What every server finds, all asked at once."""
    command = fleet.agent_command(shlex.join(["health", *options]))
    answers = remote.ask(hosts, command, timeout=LIMIT)
    return [_read(host, answers[host.name]) for host in hosts]


def _read(host: Host, answer: Answer) -> Checkup:
    if answer.code == remote.SSH_FAILED:
        return Checkup(host.name, fault=remote.unreachable(host, answer))
    try:
        return Checkup(host.name, tuple(json.loads(answer.stdout)["checks"]))
    except (ValueError, KeyError, TypeError):
        lines = answer.stderr.strip().splitlines() or ["it answered nothing"]
        stale = "unknown step" in lines[-1] or "No such file" in lines[-1]
        remedy = "Its agent is missing or older than this program: pulumi up" if stale else ""
        fault = SlipwayError(lines[-1], where=f"servers/{host.name}", remedy=remedy)
        return Checkup(host.name, fault=fault)


def rows(found: Checkup) -> Iterator[tuple[str, str, str]]:
    """One line for each part of a server: what is wrong with it, or what was seen."""
    if found.fault:
        yield found.server, "", "unknown"
    for part in dict.fromkeys(check["part"] for check in found.checks):
        own = [check for check in found.checks if check["part"] == part]
        wrong = [f"{check['check']}: {check['detail']}" for check in own if not check["ok"]]
        seen = ", ".join(dict.fromkeys(check["detail"] for check in own))
        yield found.server, part, "; ".join(wrong) or f"ok ({seen})"


def _plain(found: Checkup) -> dict[str, Any]:
    told = {"server": found.server, "ok": found.ok, "checks": found.checks}
    return told if found.fault is None else {**told, "error": str(found.fault)}
