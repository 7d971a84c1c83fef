"""`command:local:Command` and `command:local:run`: local commands."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import Final

from typing_extensions import override

from ..resource import Call, CancelledCallError, Function, PluginError
from ..values import Struct
from .interruption import interruption
from .runs import Run, failure, previous_environment, refuse_bad_logging
from .transcript import Transcript

_SHELL: Final = ("/bin/sh", "-c")
_SHARED = frozenset(
    {"addPreviousOutputInEnv", "dir", "environment", "interpreter", "logging", "stdin"}
)


class LocalCommand(Run):
    """A local command."""

    tok = "command:local:Command"
    properties = _SHARED | {"create", "delete", "triggers", "update"}

    @override
    async def run(self, call: Call, command: str, inputs: Struct, previous: Struct) -> Struct:
        return await run_here(call, command, inputs, previous)


class LocalRun(Function):
    """Runs its command every time, in a preview too."""

    tok = "command:local:run"
    properties = _SHARED | {"command"}

    @override
    async def invoke(self, call: Call, arguments: Struct) -> Struct:
        refuse_bad_logging(arguments)
        outputs = await run_here(call, arguments["command"], arguments, {})
        return {**arguments, **outputs}


async def run_here(call: Call, command: str, inputs: Struct, previous: Struct) -> Struct:
    """Run the command by its interpreter (`/bin/sh -c`) and return its outputs.

    An interruption kills the interpreter. Raises PluginError for any status except 0.
    """
    if interruption.is_set():
        raise CancelledCallError(failure("context canceled", command, ""))
    stdin = inputs.get("stdin")
    environment = {**(inputs.get("environment") or {}), **previous_environment(inputs, previous)}
    interpreter: list[str] = inputs.get("interpreter") or list(_SHELL)
    transcript = Transcript(inputs.get("logging"), call.log)
    try:
        process = await asyncio.create_subprocess_exec(
            *interpreter,
            command,
            cwd=inputs.get("dir"),
            env={**os.environ, **environment},
            stdin=PIPE if stdin else DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
    except OSError as error:
        raise PluginError(failure(str(error), command, "")) from error
    killer = asyncio.ensure_future(_kill_when_interrupted(process))
    await asyncio.gather(_send(process, stdin), *_followers(transcript, process))
    status = await process.wait()
    killer.cancel()
    if status:
        raise PluginError(failure(_exit_reason(status), command, transcript.together()))
    return transcript.outputs()


async def _send(process: Process, text: str | None) -> None:
    if process.stdin is None:
        return
    process.stdin.write((text or "").encode())
    try:
        await process.stdin.drain()
        process.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return  # it ended without reading everything; its status shows whether that is an error


async def _kill_when_interrupted(process: Process) -> None:
    await interruption.wait()
    process.kill()


def _followers(transcript: Transcript, process: Process) -> list[asyncio.Future[None]]:
    streams = {"stdout": process.stdout, "stderr": process.stderr}
    return [
        asyncio.ensure_future(transcript.follow(name, stream))
        for name, stream in streams.items()
        if stream is not None
    ]


def _exit_reason(status: int) -> str:
    if status < 0:
        return f"signal: {signal.strsignal(-status)}".lower()
    return f"exit status {status}"
