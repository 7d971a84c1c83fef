"""One readiness check of a container, as its service defines it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable
from urllib.parse import urlsplit

from slipway.agent.deadline import Deadline, connect
from slipway.agent.engine.client import Engine, EngineError
from slipway.agent.health import oidc, postgres, redis
from slipway.agent.health.container import own_check, stop_reason
from slipway.agent.health.failure import redactor
from slipway.agent.health.http import Answer, Place, ask, mismatch
from slipway.agent.health.subject import Subject
from slipway.agent.redact import Redactor


def fault(engine: Engine, subject: Subject, *, probed: bool = True) -> str:
    """Why the container is not ready, in a few words; empty when it is.

    Without `probed` it only must be running.
    """
    found = engine.inspect(subject.name)
    if found is None:
        return "missing"
    stopped = stop_reason(found)
    return stopped or (probe(engine, subject, found) if probed else "")


def probe(engine: Engine, subject: Subject, found: Mapping[str, Any]) -> str:
    """Like `fault`, for a running container; the values of its secrets are masked."""
    redact = redactor(found)
    if subject.health.kind == "command":
        return _command(engine, subject, redact)
    return redact(_probe(subject, found))


def _probe(subject: Subject, found: Mapping[str, Any]) -> str:
    kind = subject.health.kind
    if kind == "container" and ("Health" in found["State"] or not _listens(subject)):
        return own_check(found)
    try:
        return PROBES["tcp" if kind == "container" else kind](subject)
    except OSError as error:
        return f"{kind} port {subject.port}: {str(error) or type(error).__name__}"


def _listens(subject: Subject) -> bool:
    return bool(subject.address and subject.port)


def _command(engine: Engine, subject: Subject, redact: Redactor) -> str:
    """Its output is masked before it is shortened: a part of a secret cannot be recognised."""
    health = subject.health
    try:
        code, output = engine.execute(subject.name, health.command, health.timeout)
    except EngineError as error:
        return f"health command: {error.what}"
    return f"health command exited ({code}): {redact(output).strip()[-200:]}" if code else ""


def _http(subject: Subject) -> str:
    health = subject.health
    place = Place(subject.address, subject.port, subject.host, subject.scheme)
    answer = ask(place, health.path, health.timeout)
    wrong = mismatch(answer, health)
    return f"GET {health.path} {wrong}" if wrong else ""


def _tcp(subject: Subject) -> str:
    connect(subject.address, subject.port, Deadline(subject.health.timeout)).close()
    return ""


def _postgres(subject: Subject) -> str:
    return postgres.fault(subject.address, subject.port, subject.health.timeout)


def _redis(subject: Subject) -> str:
    return redis.fault(subject.address, subject.port, subject.health.timeout)


def _oidc(subject: Subject) -> str:
    """All requests go to the container itself, with the public name in their Host header."""
    health = subject.health
    public = urlsplit(health.issuer or "http://localhost")

    def get(url: str) -> Answer:
        parts = urlsplit(url)
        place = Place(subject.address, subject.port, parts.netloc or "localhost")
        return ask(place, parts.path or "/", health.timeout)

    return oidc.fault(get, f"{public.scheme}://{public.netloc}{health.path}", health.issuer)


PROBES: Mapping[str, Callable[[Subject], str]] = {
    "http": _http,
    "tcp": _tcp,
    "postgres": _postgres,
    "redis": _redis,
    "oidc": _oidc,
}
