"""A `shop COMMAND` to watch: its log, its API, its end."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

LIMIT = 15.0


class Answer(NamedTuple):
    status: int
    body: Any


class ShopProcess:
    def __init__(self, folder: Path, command: str, environment: Mapping[str, str]) -> None:
        self._log = Path(environment["HEARTBEAT_FILE"]).with_name(f"{time.monotonic_ns()}.log")
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # of the python3 that it runs
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [folder / "bin" / "shop", command],
                cwd=folder,
                env=os.environ | environment | {"PATH": path},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        """All of its output so far."""
        return self._log.read_text()

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """The log so far, or its lines about one kind of event."""
        lines = [json.loads(line) for line in self.said().splitlines()]
        return [line for line in lines if name in ("", line["event"])]

    def wait_for(self, event: str) -> dict[str, Any]:
        """The first line about this event, once it is there."""
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            if lines := self.events(event):
                return lines[0]
            time.sleep(0.02)
        raise AssertionError(f"no {event!r} within {LIMIT} s; the log: {self.said()}")

    @property
    def port(self) -> int:
        return int(self.wait_for("listening")["port"])

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)

    def ask(self, path: str, body: object = None) -> Answer:
        """GET, or POST with a body; the answer's body is decoded if it is JSON."""
        connection = self.connection()
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(body))
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        is_json = response.headers["Content-Type"] == "application/json"
        return Answer(response.status, json.loads(text) if is_json else text)

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def exit_code(self) -> int:
        """Wait for the end."""
        return self._process.wait(timeout=LIMIT)
