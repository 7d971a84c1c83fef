"""`slipway lock`, `unlock` and `resolve`: what a person tells all servers at once."""

from __future__ import annotations

import getpass
import json
import socket
from enum import StrEnum
from typing import Annotated, Any

import typer

from slipway import fleet
from slipway.cli.options import Stack
from slipway.cli.stack import settings_of
from slipway.errors import SlipwayError
from slipway.remote import Answer, ask


class End(StrEnum):
    """What a person decides."""

    COMMIT = "commit"
    ABORT = "abort"


Message = Annotated[str, typer.Option("--message", "-m", help="Why, for whoever is kept away.")]
For = Annotated[str | None, typer.Option("--for", help="How long, such as 2h; else until unlock.")]


def lock(stack: Stack, message: Message, duration: For = None) -> None:
    """Make every server of the stack refuse rollouts."""
    from slipway.settings.quantity import parse_duration

    owner = f"{getpass.getuser()}@{socket.gethostname()}"
    seconds = parse_duration(duration) if duration else None
    _tell(stack, "lock", {"owner": owner, "reason": message, "seconds": seconds})


def unlock(stack: Stack) -> None:
    """Take the lock of every server away, whoever has it."""
    _tell(stack, "unlock", {})


def resolve(
    stack: Stack,
    end: Annotated[End, typer.Option("--end", help="What becomes of the new release.")],
) -> None:
    """Decide for servers that have confirmed a rollout and cannot learn of the others.

    See docs/decisions/0006-confirmed-commit.md before.
    """
    _tell(stack, "resolve", {"end": end.value}, only_phase="confirmed")


def _tell(stack: str, step: str, wish: dict[str, Any], only_phase: str = "") -> None:
    """Raises SlipwayError that names every server that did not do it."""
    settings = settings_of(stack)
    hosts = list(fleet.hosts(settings).values())
    application = settings.application.name
    if only_phase:
        found = fleet.statuses(application, fleet.hosts(settings), settings.preflight.clock_skew)
        hosts = [host for host in hosts if found[host.name].phase == only_phase]
        if not hosts:
            raise SlipwayError(
                f"no server is {only_phase}", where=stack, remedy="`slipway status` shows them all"
            )
    orders = {
        host.name: json.dumps({"application": application, "server": host.name, **wish})
        for host in hosts
    }
    answers = ask(hosts, fleet.agent_command(step), stdin=orders)
    faults = [f"{name}: {_fault(answer)}" for name, answer in answers.items() if not answer.ok]
    for name, answer in answers.items():
        if answer.ok:
            typer.echo(f"{name}: {step} done")
    if faults:
        raise SlipwayError("\n".join(faults))


def _fault(answer: Answer) -> str:
    return (answer.stderr.strip().splitlines() or ["no answer"])[-1]
