"""One HTTP request, and the check of its answer."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional, Protocol

LONGEST = 1024 * 1024  # bytes of an answer that are read
SHOWN = 80  # characters of a value in an error
MISSING = object()


class Expected(Protocol):
    """What an answer must have."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> str: ...
    @property
    def expect(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Place:
    """Where a web server listens; `host` is the Host header, `tls` the context for HTTPS."""

    address: str
    port: int
    host: str = "localhost"
    tls: Optional[ssl.SSLContext] = None


@dataclass(frozen=True)
class Answer:
    """A web server's answer."""

    status: int
    body: bytes


def ask(place: Place, path: str, timeout: float, method: str = "GET") -> Answer:
    """One request on its own connection, for about `timeout` seconds at most.

    Raises OSError when there is no answer, or none that is HTTP.
    """
    try:
        return _ask(place, path, timeout, method)
    except http.client.HTTPException as error:
        raise ConnectionError(str(error) or type(error).__name__) from error


def _ask(place: Place, path: str, timeout: float, method: str) -> Answer:
    until = time.monotonic() + timeout
    connection = _connection(place, timeout)
    try:
        connection.request(method, path, headers={"Host": place.host, "Connection": "close"})
        response = connection.getresponse()
        body = b""
        while len(body) < LONGEST and time.monotonic() < until:
            part = response.read1(65536)
            if not part:
                return Answer(response.status, body)
            body += part
    finally:
        connection.close()
    if time.monotonic() >= until:
        raise TimeoutError("timed out")
    return Answer(response.status, body)


class _Secure(http.client.HTTPSConnection):
    """Connects to one address, and verifies the certificate of another host name."""

    def __init__(self, place: Place, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(place.address, place.port, timeout=timeout)
        self.name, self.context = place.host.partition(":")[0], context

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self.context.wrap_socket(self.sock, server_hostname=self.name)


def _connection(place: Place, timeout: float) -> http.client.HTTPConnection:
    if place.tls is None:
        return http.client.HTTPConnection(place.address, place.port, timeout=timeout)
    return _Secure(place, place.tls, timeout)


def mismatch(answer: Answer, expected: Expected) -> str:
    """How an answer differs from the expected one; empty when it does not."""
    if answer.status != expected.status:
        return f"answered {answer.status} instead of {expected.status}"
    if expected.body and expected.body not in answer.body.decode(errors="replace"):
        return f"answered without {expected.body!r}"
    return _unexpected(answer, expected.expect) if expected.expect else ""


def _unexpected(answer: Answer, expect: Mapping[str, Any]) -> str:
    try:
        content = json.loads(answer.body)
    except ValueError:
        return "answered something that is not JSON"
    for path, value in expect.items():
        found = at(content, path)
        if found is MISSING:
            return f"answered JSON without {path}"
        if found != value or isinstance(found, bool) is not isinstance(value, bool):
            return f"answered {path} {_shown(found)} instead of {_shown(value)}"
    return ""


def at(content: Any, path: str) -> Any:
    """The value at a dotted path (`checks.0.status`), or MISSING."""
    for key in path.split("."):
        if isinstance(content, dict) and key in content:
            content = content[key]
        elif isinstance(content, list) and key.isdecimal() and int(key) < len(content):
            content = content[int(key)]
        else:
            return MISSING
    return content


def _shown(value: Any) -> str:
    return json.dumps(value)[:SHOWN]
