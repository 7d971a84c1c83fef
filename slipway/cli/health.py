"""`slipway health`: check every server now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from slipway.agents import ask_agents
from slipway.cli.options import Json, Stack
from slipway.cli.stack import settings_of
from slipway.cli.table import show
from slipway.errors import SlipwayError
from slipway.observe.observed import hosts
from slipway.protocol.answers import Finding
from slipway.protocol.codec import to_json
from slipway.protocol.installation import Installation
from slipway.protocol.requests import DiagnoseRequest
from slipway.rollout.step import Step
from slipway.ssh import Host

COLUMNS = ("server", "part", "health")
LIMIT = 120.0  # seconds for one server: its slowest check, with its retries

Service = Annotated[str, typer.Option(help="Check one service or accessory only.")]
Minutes = Annotated[float, typer.Option(min=0, help="Minutes of logs to check; 0: none.")]


@dataclass(frozen=True)
class Diagnosis:
    """The results of one server's checks, or why it could not check."""

    server: str
    findings: tuple[Finding, ...] = ()
    fault: SlipwayError | None = None

    @property
    def ok(self) -> bool:
        return self.fault is None and all(finding.ok for finding in self.findings)


def health(
    stack: Stack, service: Service = "", minutes: Minutes = 5, as_json: Json = False
) -> None:
    """Check containers, readiness, accessories, proxy, smoke tests and logs on every server.

    Exit status 1 if a check fails, or a server does not answer.
    """
    known = settings_of(stack)
    installation = Installation(known.application.name, stack)
    found = diagnose(installation, list(hosts(known).values()), service, minutes)
    if as_json:
        typer.echo(json.dumps([_plain(each) for each in found], indent=2))
    else:
        show(COLUMNS, (row for each in found for row in rows(each)), folding=("health",))
        for each in found:
            if each.fault:
                typer.echo(str(each.fault))
    if not all(each.ok for each in found):
        raise typer.Exit(1)


def diagnose(
    installation: Installation, hosts: Sequence[Host], service: str, minutes: float
) -> list[Diagnosis]:
    """The results of every server's checks, requested concurrently."""
    requests = {
        host.name: DiagnoseRequest(installation.target(host.name), service, minutes)
        for host in hosts
    }
    answers = ask_agents(installation, Step.DIAGNOSE, hosts, requests, timeout=LIMIT)
    return [
        Diagnosis(name, fault=answer)
        if isinstance(answer, SlipwayError)
        else Diagnosis(name, answer.findings)
        for name, answer in answers.items()
    ]


def rows(found: Diagnosis) -> Iterator[tuple[str, str, str]]:
    """One line for each part of a server: what is wrong with it, or what was found."""
    if found.fault:
        yield found.server, "", "unknown"
    for part in dict.fromkeys(each.part for each in found.findings):
        own = [each for each in found.findings if each.part == part]
        wrong = [f"{each.check}: {each.detail}" for each in own if not each.ok]
        details = ", ".join(dict.fromkeys(each.detail for each in own))
        yield found.server, part, "; ".join(wrong) or f"ok ({details})"


def _plain(found: Diagnosis) -> dict[str, Any]:
    plain = {"server": found.server, "ok": found.ok, "findings": to_json(found.findings)}
    return plain if found.fault is None else {**plain, "error": str(found.fault)}
