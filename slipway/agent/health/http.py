"""One HTTP request, and the check of its answer."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from slipway.agent.deadline import BoundedConnection, Deadline

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
    """Where a web server listens; `host` and `scheme` are told it like a user's, by a proxy."""

    address: str
    port: int
    host: str = "localhost"
    scheme: str = ""  # X-Forwarded-Proto; empty: none


@dataclass(frozen=True)
class Answer:
    """A web server's answer."""

    status: int
    body: bytes


def ask(place: Place, path: str, timeout: float, method: str = "GET") -> Answer:
    """One request on its own connection, within `timeout` seconds.

    Raises OSError when there is no answer, or none that is HTTP.
    """
    connection = BoundedConnection(place.address, place.port, Deadline(timeout))
    try:
        headers = {"Host": place.host, "Connection": "close"}
        if place.scheme:
            headers["X-Forwarded-Proto"] = place.scheme
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return Answer(response.status, response.read(LONGEST))
    except http.client.HTTPException as error:
        raise ConnectionError(str(error) or type(error).__name__) from error
    finally:
        connection.close()


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
