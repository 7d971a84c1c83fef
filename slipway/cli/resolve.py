"""`slipway resolve`: decide a rollout that servers have prepared and cannot end themselves."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from slipway.cli.options import Stack
from slipway.cli.send import send
from slipway.protocol.requests import ResolveRequest
from slipway.rollout.state import Phase
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import Decision


class End(StrEnum):
    """What a person decides."""

    COMMIT = "commit"
    ABORT = "abort"


def resolve(
    stack: Stack,
    end: Annotated[End, typer.Option("--end", help="What happens to the new release.")],
) -> None:
    """Commit or abort on servers that have prepared a rollout and cannot reach the others.

    Read docs/decisions/0006-confirmed-commit.md first.
    """
    decision = Decision(end.value)
    send(stack, Step.RESOLVE, lambda target: ResolveRequest(target, decision), only=Phase.PREPARED)
