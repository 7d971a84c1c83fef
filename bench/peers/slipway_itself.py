"""Slipway, with the settings of a new user."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.peers import application, haproxy
from bench.peers.peer import Shell
from lab.workspace import UPDATE_LIMIT, Workspace

STACK: Final = "staging"
BAKE: Final = 1.0  # seconds


@dataclass
class Slipway:
    """`pulumi up` with a new version: from querying the server to the commit."""

    shell: Shell
    name: str = "Slipway"
    how: str = f"pulumi up, {BAKE:g} s of bake time"
    _workspace: Workspace = field(default=Workspace(Path()), init=False)

    @contextmanager
    def deployed(self, version: str) -> Iterator[None]:
        """A stack of its own for this server."""
        server = self.shell.server
        with tempfile.TemporaryDirectory(prefix="slipway-peers-") as folder:
            self._workspace = Workspace(Path(folder))
            self._workspace.ensure()
            self._workspace.configure(
                STACK,
                application=application.definition(),
                servers={server.name: {"host": server.address}},
                proxy={"image": haproxy.IMAGE},
                rollout={"bake": f"{BAKE:g}s"},
            )
            self.change(version)
            yield

    def change(self, version: str) -> None:
        """A stack update."""
        self._workspace.configure(STACK, version=version)
        up = ("up", "--stack", STACK, "--yes", "--skip-preview")
        self._workspace.pulumi(*up, limit=UPDATE_LIMIT)
