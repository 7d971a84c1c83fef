"""`command:remote:Command`: a command on a server."""

from __future__ import annotations

import asyncio
import re
import shlex
import signal
from contextlib import suppress
from typing import Any, Final

import asyncssh
from typing_extensions import override

from ..resource import Call, PluginError
from ..values import Struct
from .dial import check_connection, dial
from .runs import Run, failure, previous_environment
from .transcript import Transcript

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PROBE_SECONDS: Final = 30.0
_ACCEPT_ENV = (
    "Unable to set '{name}'. This only works if your SSH server is configured to accept these "
    "variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote "
    "host, you could prefix the command itself with the variables in the form 'VAR=value command'"
)


class RemoteCommand(Run):
    """A command on a server."""

    tok = "command:remote:Command"
    properties = frozenset(
        {
            "addPreviousOutputInEnv",
            "connection",
            "create",
            "delete",
            "environment",
            "logging",
            "stdin",
            "triggers",
            "update",
        }
    )

    @override
    async def check(self, inputs: Struct) -> Struct:
        checked = await super().check(inputs)
        return {**checked, "connection": check_connection(checked.get("connection"))}

    @override
    async def run(self, call: Call, command: str, inputs: Struct, previous: Struct) -> Struct:
        async with dial(inputs["connection"]) as server:
            environment = await _accepted_environment(call, server, inputs, previous)
            process = await server.create_process(command, env=environment, encoding=None)
            transcript = Transcript(inputs.get("logging"), call.log)
            _send(process, inputs.get("stdin") or "")
            await asyncio.gather(
                transcript.follow("stdout", process.stdout),
                transcript.follow("stderr", process.stderr),
            )
            await process.wait_closed()
            if process.exit_status != 0:
                raise PluginError(failure(_exit_reason(process), command, transcript.together()))
            return transcript.outputs()


def _send(process: asyncssh.SSHClientProcess[bytes], text: str) -> None:
    """Send the standard input; a process that ends without reading it is not an error."""
    with suppress(BrokenPipeError):  # it has ended already
        process.stdin.write(text.encode())
        process.stdin.write_eof()


def _exit_reason(process: asyncssh.SSHClientProcess[bytes]) -> str:
    if process.exit_signal:
        name = process.exit_signal[0]
        number = getattr(signal, f"SIG{name}", 0)
        return f"Process exited with status {128 + number} from signal {name}"
    if process.exit_status is None:
        return "wait: remote command exited without exit status or exit signal"
    return f"Process exited with status {process.exit_status}"


async def _accepted_environment(
    call: Call, server: asyncssh.SSHClientConnection, inputs: Struct, previous: Struct
) -> dict[str, str]:
    """The variables to set; one of the user's that the server ignores is an error.

    SSH does not report which variables the server ignores, so a probe command prints those set.
    """
    wanted: dict[str, str] = inputs.get("environment") or {}
    optional = previous_environment(inputs, previous)
    if not wanted and not optional:
        return {}
    accepted = await _probe(server, {**wanted, **optional})
    for name in wanted:
        if name not in accepted:
            await call.log("error", _ACCEPT_ENV.format(name=name))
            raise PluginError(f'could not set environment variable "{name}": ssh: setenv failed')
    for name in optional:
        if name not in accepted:
            await call.log("warning", _ACCEPT_ENV.format(name=name))
    return {name: value for name, value in {**optional, **wanted}.items() if name in accepted}


async def _probe(server: asyncssh.SSHClientConnection, environment: dict[str, str]) -> set[str]:
    names = [name for name in environment if _NAME.match(name)]
    script = "\n".join(f'[ -n "${{{name}+set}}" ] && echo {name}' for name in names)
    probe: Any = await server.run(
        f"sh -c {shlex.quote(script)}", env=environment, timeout=_PROBE_SECONDS
    )
    return set(str(probe.stdout).split())
