"""One SSH connection for all calls to a server: a handshake takes as long as a short step."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

from lab import command as program
from lab import servers, waiting
from lab.layout import Server

OPEN_LIMIT = 10.0  # seconds; a call without the connection makes one of its own
ALIVE = ("-o", "ServerAliveInterval=2", "-o", "ServerAliveCountMax=2")


class Connection:
    """OpenSSH's multiplexing; opened by the first call, and again when the server was off."""

    def __init__(self, server: Server, socket: Path) -> None:
        self._server = server
        self._socket = socket
        self._opening = threading.Lock()
        self._master: subprocess.Popen[bytes] | None = None

    def run(
        self, command: str, *, stdin: str | None = None, limit: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Run shell text as the deploy user, whatever comes of it; `limit` in seconds."""
        with self._opening:
            if not self._socket.exists():
                self._open()
        ssh, *arguments = servers.ssh_arguments(self._server, command)
        return program.attempt([ssh, *self._shared, *arguments], stdin=stdin, limit=limit)

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._master is not None:
            self._master.terminate()
            self._master.wait(OPEN_LIMIT)

    @property
    def _shared(self) -> tuple[str, str]:
        return ("-o", f"ControlPath={self._socket}")

    def _open(self) -> None:
        self.close()
        ssh, *arguments = servers.ssh_arguments(self._server, "")
        nothing = subprocess.DEVNULL
        self._master = master = subprocess.Popen(
            [ssh, *self._shared, *ALIVE, "-M", "-N", *arguments[:-2]],
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
        )
        waiting.until(
            lambda: self._socket.exists() or master.poll() is not None, OPEN_LIMIT, poll=0.02
        )
