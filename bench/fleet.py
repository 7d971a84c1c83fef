"""Servers that only the benchmark uses, and a stack of the smallest application on them."""

from __future__ import annotations

import itertools
import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.peers import application
from lab import keys, lifecycle, servers
from lab.layout import Server, find
from lab.workspace import UPDATE_LIMIT, Workspace

SERVERS: Final = tuple(find(f"production-{number}") for number in range(10, 16))
STACK: Final = "staging"  # it needs no other stack to promote from
UP: Final = ("up", "--stack", STACK, "--yes", "--skip-preview")
JOURNAL: Final = f"/home/deploy/.slipway/{application.NAME}/{STACK}/journal.jsonl"


@dataclass
class Fleet:
    """A stack on some servers; a version is published before its update is timed."""

    workspace: Workspace
    servers: Sequence[Server]
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def next_version(self) -> str:
        """Publish a new version and return it."""
        version = f"v{next(self._numbers)}"
        application.publish(version)
        return version

    def configure(self, version: str, rollout: dict[str, Any], **environment: str) -> None:
        """Configure what the next update rolls out, and how."""
        self.workspace.configure(
            STACK,
            version=version,
            build=False,
            application=application.definition(**environment),
            servers={each.name: _address(each) for each in self.servers},
            rollout=rollout,
        )

    def up(self) -> None:
        """`pulumi up`. Raises SlipwayError when it fails."""
        self.workspace.pulumi(*UP, limit=UPDATE_LIMIT)

    def fail(self) -> subprocess.CompletedProcess[str]:
        """`pulumi up`, whatever its exit status."""
        return self.workspace.attempt(*UP)

    def roll_back(self) -> None:
        """`slipway rollback`. Raises SlipwayError when it fails."""
        command = ("slipway", "rollback", "--stack", STACK, "--yes")
        self.workspace.run(*command, limit=UPDATE_LIMIT)

    def preview(self) -> None:
        """`pulumi preview`. Raises SlipwayError when it fails."""
        self.workspace.pulumi("preview", "--stack", STACK, limit=UPDATE_LIMIT)

    def journals(self) -> dict[str, list[dict[str, Any]]]:
        """By server, the entries of its agent's journal, oldest first."""
        return {
            each.name: [
                json.loads(line) for line in servers.run(each, f"cat {JOURNAL}").stdout.splitlines()
            ]
            for each in self.servers
        }


def _address(server: Server) -> dict[str, str]:
    """A server in the settings, with its host key."""
    key = keys.host_key(server)
    return {"host": server.address, "private_address": server.address, "host_key": key}


@contextmanager
def fresh(count: int) -> Iterator[Fleet]:
    """A fleet of `count` empty servers and a new stack; both are removed afterwards."""
    machines = SERVERS[:count]
    lifecycle.renew(list(machines))
    try:
        with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
            workspace = Workspace(Path(folder))
            workspace.ensure()
            yield Fleet(workspace, machines)
    finally:
        lifecycle.remove(list(machines))
