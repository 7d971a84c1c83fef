"""One command on one server, as all components run it."""

from __future__ import annotations

import shlex

import pulumi
from pulumi_command import remote

from slipway.ssh import CONNECT_TIMEOUT, Host


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
        create=f"timeout {limit:.0f} sh -c {shlex.quote(command)}",
        stdin=stdin,
        # Progress goes to standard error and is shown; the result, on standard output, is kept.
        logging=remote.Logging.STDERR,
        add_previous_output_in_env=False,
        opts=opts,
    )


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
