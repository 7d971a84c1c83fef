"""The interface of a tool in the comparison."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from lab import servers
from lab.layout import Server
from slipway.errors import SlipwayError

LIMIT = 180.0  # seconds for one command on the server


class Peer(Protocol):
    """One way to change the version that an empty server serves on port 80."""

    name: str
    how: str
    """The commands of a version change, as its documentation has them."""

    def deployed(self, version: str) -> AbstractContextManager[object]:
        """Serve the first version in the context."""

    def change(self, version: str) -> None:
        """Change the version and return when the tool is done; this is timed."""


@dataclass(frozen=True)
class Shell:
    """Runs commands on the server over SSH, as the tools do."""

    server: Server

    def __call__(self, command: str, *, stdin: str | None = None) -> str:
        """What it printed. Raises SlipwayError when it fails."""
        done = servers.ssh(self.server, command, stdin=stdin, limit=LIMIT)
        if done.returncode:
            output = (done.stderr.strip() or done.stdout.strip()).splitlines()[-6:]
            raise SlipwayError("\n".join(output), where=f"{self.server.name}: {command[:80]}")
        return done.stdout
