"""`slipway lock` and `slipway unlock`: refuse rollouts on every server, and allow them again."""

from __future__ import annotations

import getpass
import socket
from typing import Annotated

import typer

from slipway.cli.options import Stack
from slipway.cli.send import send
from slipway.protocol.requests import LockRequest, UnlockRequest
from slipway.rollout.step import Step
from slipway.settings.quantity import parse_duration

Message = Annotated[
    str, typer.Option("--message", "-m", help="Why; shown where a rollout is refused.")
]
For = Annotated[
    str | None, typer.Option("--for", help="How long, such as 2h; default: until unlock.")
]


def lock(stack: Stack, message: Message, duration: For = None) -> None:
    """Make every server of the stack refuse rollouts."""
    owner = f"{getpass.getuser()}@{socket.gethostname()}"
    seconds = parse_duration(duration) if duration else None
    send(stack, Step.LOCK, lambda target: LockRequest(target, owner, message, seconds))


def unlock(stack: Stack) -> None:
    """Remove the lock from every server, whoever set it."""
    send(stack, Step.UNLOCK, UnlockRequest)
