"""One command on one server, as all components run it."""

from __future__ import annotations

import shlex
from typing import Any

import pulumi
from pulumi_command import remote

from slipway.errors import SlipwayError
from slipway.protocol.messages import read_answer
from slipway.rollout.step import Step
from slipway.ssh import CONNECT_TIMEOUT, Host

UNDO_LIMIT = 180
"""Seconds that a step has, after its limit, to put the server back; then it is killed."""


def on_server(
    name: str,
    host: Host,
    command: str,
    *,
    stdin: pulumi.Input[str],
    limit: float,
    opts: pulumi.ResourceOptions,
) -> remote.Command:
    """Run `command` on the server when the resource is created, and when it or `stdin` changes.

    `limit` is in seconds and enforced on the server: pulumi-command ignores `custom_timeouts`.
    The connection has no private key: the SSH agent is used, so that no key is in the state.
    """
    return remote.Command(
        name,
        connection=connection(host),
        create=f"timeout --kill-after={UNDO_LIMIT} {limit:.0f} sh -c {shlex.quote(command)}",
        stdin=stdin,
        # Progress goes to standard error and is shown; the result, on standard output, is kept.
        logging=remote.Logging.STDERR,
        add_previous_output_in_env=False,
        opts=opts,
    )


def reported(step: Step, server: str, text: str) -> Any:
    """What a step on a server answered on its standard output. Raises RunError."""
    try:
        return read_answer(step, text)
    except SlipwayError as error:
        raise pulumi.RunError(
            f"servers/{server}: it answered {text[:80]!r} ({error.what}). The deploy user's shell"
            " start-up files must print nothing"
        ) from None


def connection(host: Host) -> remote.ConnectionArgs:
    """How pulumi-command connects to a server: with a pinned host key, once, with a limit."""
    return remote.ConnectionArgs(
        host=host.address,
        port=host.port,
        user=host.user,
        host_key=host.host_key,
        dial_error_limit=1,
        per_dial_timeout=CONNECT_TIMEOUT,
    )
