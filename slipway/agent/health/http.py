"""A web server asked once, and whether its answer is the wanted one."""

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
NOTHING = object()


class Wanted(Protocol):
    """What an answer has to be."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> str: ...
    @property
    def expect(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Place:
    """Where a web server listens. `host` is what the request names, `tls` how it is protected."""

    address: str
    port: int
    host: str = "localhost"
    tls: Optional[ssl.SSLContext] = None


@dataclass(frozen=True)
class Answer:
    """What a web server said."""

    status: int
    body: bytes


def ask(place: Place, path: str, timeout: float, method: str = "GET") -> Answer:
    """One request on a connection of its own, given up after about `timeout` seconds.

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
    """Goes to one address, and trusts it by the certificate of the host that is asked for."""

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


def mismatch(answer: Answer, wanted: Wanted) -> str:
    """In what an answer is not the wanted one; empty when it is."""
    if answer.status != wanted.status:
        return f"answered {answer.status} instead of {wanted.status}"
    if wanted.body and wanted.body not in answer.body.decode(errors="replace"):
        return f"answered without {wanted.body!r}"
    return _unexpected(answer, wanted.expect) if wanted.expect else ""


def _unexpected(answer: Answer, expect: Mapping[str, Any]) -> str:
    try:
        content = json.loads(answer.body)
    except ValueError:
        return "answered what is not JSON"
    for path, value in expect.items():
        found = at(content, path)
        if found is NOTHING:
            return f"answered JSON without {path}"
        if found != value or isinstance(found, bool) is not isinstance(value, bool):
            return f"answered {path} {_shown(found)} instead of {_shown(value)}"
    return ""


def at(content: Any, path: str) -> Any:
    """The value at a dotted path (`checks.0.status`), or NOTHING."""
    for key in path.split("."):
        if isinstance(content, dict) and key in content:
            content = content[key]
        elif isinstance(content, list) and key.isdecimal() and int(key) < len(content):
            content = content[int(key)]
        else:
            return NOTHING
    return content


def _shown(value: Any) -> str:
    return json.dumps(value)[:SHOWN]
