"""The Docker Engine's API over its Unix socket: the few calls that the agent makes."""

from __future__ import annotations

import base64
import json
import os
import struct
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from slipway.agent.engine import connection
from slipway.agent.engine.connection import Answer
from slipway.errors import SlipwayError

OLDEST, NEWEST = (1, 41), (1, 48)  # API versions; 1.41 is that of Engine 20.10
TIMEOUT = 30.0  # seconds for one answer of the engine
PULL_TIMEOUT = 120.0  # seconds without a line of progress
PULL_LIMIT = 900.0  # seconds for one image
INTERVAL = 0.2  # seconds between two looks whether a command has ended
LONGEST_MESSAGE = 65536  # bytes of an error


class EngineError(SlipwayError):
    """The engine answered with an error. `status` is its HTTP status, 0 when it did not answer."""

    def __init__(self, what: str, *, status: int = 0, remedy: str = "") -> None:
        super().__init__(what, where="Docker Engine", remedy=remedy)
        self.status = status


class Engine:
    """One engine. Raises EngineError for every failure, with the engine's own message."""

    def __init__(self, host: str | None = None) -> None:
        host = host or os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        if not host.startswith("unix://"):
            raise SlipwayError(
                f"DOCKER_HOST is {host}",
                where="Docker Engine",
                remedy="Set it to a unix:// address; others are not supported",
            )
        self.path = host[len("unix://") :]
        self._version = ""
        self._late: dict[str, str] = {}  # by container, the id of a command that may still run

    # -- plain requests ---------------------------------------------------------------------------

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, timeout: float = TIMEOUT, **query: Any) -> Any:
        return self.call("POST", path, body=body, query=query, timeout=timeout)

    def delete(self, path: str, **query: Any) -> None:
        """Also succeeds for what does not exist."""
        try:
            self.call("DELETE", path, query=query)
        except EngineError as error:
            if error.status != 404:
                raise

    def find(self, path: str) -> Any:
        """Like `get`, and None for what does not exist."""
        try:
            return self.get(path)
        except EngineError as error:
            if error.status == 404:
                return None
            raise

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> Any:
        """The decoded JSON answer, or the raw bytes of any other kind of answer."""
        answer = self._open(method, path, query, body, headers, timeout)
        try:
            content = answer.read()
            if "json" in answer.header("Content-Type") and content:
                return json.loads(content)
        except (OSError, ValueError) as error:
            raise EngineError(f"{method} {path} broke off: {error}") from error
        return content

    def _open(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any,
        headers: Mapping[str, str] | None,
        timeout: float,
        total: float | None = None,
    ) -> Answer:
        target = f"/v{self.version()}{path}" + (f"?{urlencode(query)}" if query else "")
        answer = self._send(method, target, body, dict(headers or {}), timeout, total or timeout)
        if answer.status < 400:
            return answer
        raise EngineError(_message(answer), status=answer.status)

    def _send(
        self,
        method: str,
        target: str,
        body: Any,
        headers: dict[str, str],
        timeout: float,
        total: float,
    ) -> Answer:
        payload = b""
        if body is not None:
            payload, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        try:
            return connection.request(
                self.path, method, target, headers, payload, timeout=timeout, total=total
            )
        except OSError as error:
            raise EngineError(
                f"no answer on {self.path}: {error}",
                remedy="Start Docker, and check that this user is in the group docker",
            ) from error

    def version(self) -> str:
        """The newest API version that both the engine and the agent support."""
        if not self._version:
            answer = self._send("GET", "/_ping", None, {}, TIMEOUT, TIMEOUT)
            answer.close()
            offered = answer.header("Api-Version") or "0.0"
            agreed = min(_numbers(offered), NEWEST)
            if agreed < OLDEST:
                raise EngineError(
                    f"its API version {offered} is too old",
                    remedy="Install Docker Engine 20.10 or newer",
                )
            self._version = ".".join(map(str, agreed))
        return self._version

    # -- containers -------------------------------------------------------------------------------

    def containers(self, **labels: str) -> list[dict[str, Any]]:
        """Short descriptions of all containers with these labels, including stopped ones."""
        wanted = [f"slipway.{name}={value}" for name, value in labels.items()]
        found = self.get("/containers/json", all=1, filters=json.dumps({"label": wanted}))
        return sorted(found, key=lambda each: str(each["Names"]))

    def inspect(self, container: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.find(f"/containers/{container}/json")
        return found

    def create(self, name: str, payload: Mapping[str, Any]) -> None:
        self.post("/containers/create", payload, name=name)

    def start(self, container: str) -> None:
        self.post(f"/containers/{container}/start")

    def stop(self, container: str, grace: float) -> None:
        """SIGTERM, then SIGKILL after `grace` seconds; nothing for a stopped container."""
        seconds = max(0, int(-(-grace // 1)))
        try:
            self.post(f"/containers/{container}/stop", timeout=TIMEOUT + seconds, t=seconds)
        except EngineError as error:
            if error.status != 404:
                raise

    def rename(self, container: str, name: str) -> None:
        self.post(f"/containers/{container}/rename", name=name)

    def remove(self, container: str) -> None:
        """Remove the container, but not its named volumes."""
        self.delete(f"/containers/{container}", force=1, v=1)

    def logs(self, container: str, lines: int, since: float | None = None) -> list[str]:
        """The last lines; with `since` (seconds since the epoch) later ones with timestamps."""
        timed = {} if since is None else {"since": f"{since:.9f}", "timestamps": 1}
        raw = self.get(f"/containers/{container}/logs", stdout=1, stderr=1, tail=lines, **timed)
        return demultiplex(raw if isinstance(raw, bytes) else b"").splitlines()

    def execute(self, container: str, command: tuple[str, ...], timeout: float) -> tuple[int, str]:
        """Exit code and output of `command` run inside a running container.

        The engine cannot end a command that exceeds its time. While it runs on, no other is run in
        its container, so that they do not pile up: its end is waited for as long again, and then it
        is an error.
        """
        if container in self._late:
            self._await_end(self._late[container], timeout)
        body = {"AttachStdout": True, "AttachStderr": True, "Cmd": list(command)}
        run = self._late[container] = self.post(f"/containers/{container}/exec", body)["Id"]
        raw = self.post(f"/exec/{run}/start", {"Detach": False, "Tty": False}, timeout=timeout)
        code = self.get(f"/exec/{run}/json")["ExitCode"]
        del self._late[container]
        return (1 if code is None else int(code)), demultiplex(
            raw if isinstance(raw, bytes) else b""
        )

    def _await_end(self, run: str, timeout: float) -> None:
        until = time.monotonic() + timeout
        while self.get(f"/exec/{run}/json")["Running"]:
            if time.monotonic() >= until:
                raise EngineError("the one from before has not ended yet")
            time.sleep(INTERVAL)

    # -- images -----------------------------------------------------------------------------------

    def image(self, reference: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.find(f"/images/{reference}/json")
        return found

    def pull(self, reference: str, login: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
        """Progress messages until the image is pulled, for at most PULL_LIMIT seconds."""
        query = {"fromImage": reference}
        answer = self._open(
            *("POST", "/images/create", query, None, _login(login)), PULL_TIMEOUT, PULL_LIMIT
        )
        try:
            for line in answer.lines():
                message = json.loads(line)
                if "error" in message:
                    raise EngineError(str(message["error"]))
                yield message
        except (OSError, ValueError) as error:
            raise EngineError(f"the pull broke off: {error}") from error

    def manifest(self, reference: str, login: Mapping[str, Any] | None, timeout: float) -> None:
        """Let the engine look up the image in the registry. Raises EngineError if it is missing."""
        path = f"/distribution/{quote(reference, safe='/:@')}/json"
        self.call("GET", path, headers=_login(login), timeout=timeout)


def _login(login: Mapping[str, Any] | None) -> dict[str, str]:
    if not login:
        return {}
    return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(dict(login)).encode()).decode()}


def _message(answer: Answer) -> str:
    content = ""
    try:
        content = answer.read(LONGEST_MESSAGE).decode(errors="replace").strip()
        return str(json.loads(content)["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return content or f"status {answer.status}"


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def demultiplex(raw: bytes) -> str:
    """The text of a stream in which the engine marks stdout and stderr by 8-byte headers."""
    parts, position = [], 0
    while position + 8 <= len(raw):
        (size,) = struct.unpack(">I", raw[position + 4 : position + 8])
        parts.append(raw[position + 8 : position + 8 + size])
        position += 8 + size
    return b"".join(parts).decode(errors="replace")
