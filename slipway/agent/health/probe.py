"""One try at a container's readiness, asked the way its service says."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from typing import Any

from slipway.agent.docker import Engine, EngineError
from slipway.agent.health.container import own_check, stop_reason
from slipway.agent.health.subject import Subject


def fault(engine: Engine, subject: Subject) -> str:
    """Why the container is not ready, in a few words; empty when it is."""
    found = engine.inspect(subject.name)
    if found is None:
        return "missing"
    stopped = stop_reason(found)
    return stopped or probe(engine, subject, found)


def probe(engine: Engine, subject: Subject, found: Mapping[str, Any]) -> str:
    """Like `fault`, of a container that runs."""
    health = subject.health
    try:
        if health.kind == "http":
            return _http(subject)
        if health.kind == "tcp":
            socket.create_connection((subject.address, subject.port), health.timeout).close()
            return ""
        if health.kind == "command":
            code, output = engine.execute(subject.name, health.command, health.timeout)
            return f"health command exited ({code}): {output.strip()[-200:]}" if code else ""
    except EngineError as error:
        return f"health command: {error.what}"
    except (OSError, http.client.HTTPException) as error:
        return f"{health.kind} port {subject.port}: {str(error) or type(error).__name__}"
    return own_check(found)


def _http(subject: Subject) -> str:
    connection = http.client.HTTPConnection(
        subject.address, subject.port, timeout=subject.health.timeout
    )
    try:
        connection.request(
            "GET", subject.health.path, headers={"Host": "localhost", "Connection": "close"}
        )
        status = connection.getresponse().status
    finally:
        connection.close()
    if status == subject.health.status:
        return ""
    return f"GET {subject.health.path} answered {status} instead of {subject.health.status}"
