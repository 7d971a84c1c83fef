"""Collects what a process prints, and passes it to the engine's log line by line."""

from __future__ import annotations

from typing import Final, Protocol

from ..resource import Log
from ..values import Struct

_CHUNK: Final = 32 * 1024
_LINE_LIMIT: Final = 64 * 1024
_LOGGED: Final = {
    None: {"stdout", "stderr"},
    "stdoutAndStderr": {"stdout", "stderr"},
    "stdout": {"stdout"},
    "stderr": {"stderr"},
    "none": set[str](),
}
LOGGING_CHOICES: Final = frozenset(choice for choice in _LOGGED if choice)


class Readable(Protocol):
    """A stream of a remote or a local process."""

    async def read(self, n: int = -1) -> bytes:
        """At most `n` bytes; empty at the end."""


class Transcript:
    """Both outputs, separately and together in the order in which they arrived."""

    def __init__(self, logging: str | None, log: Log) -> None:
        self._logged = _LOGGED[logging]
        self._log = log
        self._parts: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
        self._together: list[bytes] = []

    async def follow(self, name: str, stream: Readable) -> None:
        """Read `stdout` or `stderr` to its end."""
        rest = b""
        while chunk := await stream.read(_CHUNK):
            self._parts[name].append(chunk)
            self._together.append(chunk)
            if name in self._logged:
                rest = await self._log_lines(rest + chunk)
        if rest:
            await self._log("info", _text(rest))

    async def _log_lines(self, data: bytes) -> bytes:
        *lines, rest = data.split(b"\n")
        for line in lines:
            await self._log("info", _text(line[:_LINE_LIMIT]))
        # Of a line that is too long the log gets the beginning only.
        return rest[:_LINE_LIMIT]

    def outputs(self) -> Struct:
        """`stdout` and `stderr` as outputs: without their last newline."""
        return {
            name: _text(b"".join(parts)).removesuffix("\n") for name, parts in self._parts.items()
        }

    def together(self) -> str:
        """Both outputs together, for an error text."""
        return _text(b"".join(self._together))


def _text(data: bytes) -> str:
    return data.decode(errors="replace")
