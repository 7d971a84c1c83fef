"""Send one request to every server of a stack, and show the results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import typer

from slipway.agents import ask_agents
from slipway.cli.stack import settings_of
from slipway.errors import SlipwayError
from slipway.observe.observed import hosts
from slipway.observe.servers import statuses
from slipway.protocol.installation import Installation
from slipway.protocol.requests import Target
from slipway.rollout.state import Phase
from slipway.rollout.step import Step

TIMEOUT: Final = 60.0  # seconds for one server


def send(
    stack: str, step: Step, request: Callable[[Target], Any], only: Phase | None = None
) -> None:
    """Send a request to all servers, or to those in the phase `only`.

    Raises SlipwayError that names every server that failed.
    """
    settings = settings_of(stack)
    installation = Installation(settings.application.name, stack)
    places = hosts(settings)
    if only:
        found = statuses(installation, places, settings.preflight.clock_skew)
        places = {name: host for name, host in places.items() if found[name].phase is only}
        if not places:
            raise SlipwayError(
                f"no server is {only}", where=stack, remedy="`slipway status` shows their phases"
            )
    requests = {name: request(installation.target(name)) for name in places}
    answers = ask_agents(installation, step, list(places.values()), requests, timeout=TIMEOUT)
    faults = {name: each for name, each in answers.items() if isinstance(each, SlipwayError)}
    for name in answers:
        if name not in faults:
            typer.echo(f"{name}: {step} done")
    if faults:
        raise SlipwayError("\n".join(map(str, faults.values())))
