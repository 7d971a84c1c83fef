"""Whether containers are ready, asked the way their services say, all at once and with limits."""

from __future__ import annotations

import calendar
import http.client
import socket
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import Any

from slipway.agent.docker import Engine, EngineError
from slipway.agent.redact import Redactor
from slipway.errors import SlipwayError
from slipway.release.release import Health

LOG_LINES = 50  # of a failing container
STRIKES = 3  # failed tries in a row before a container that was ready counts as unhealthy
BAKE_INTERVAL = 0.5  # seconds
SETTLED = 1.0  # seconds that a container without any check must have run


class Subject:
    """A container to watch: its name for the engine, its name for people, what ready means."""

    def __init__(
        self, name: str, label: str, health: Health, address: str = "", port: int = 0
    ) -> None:
        self.name, self.label, self.health, self.address, self.port = (
            name,
            label,
            health,
            address,
            port,
        )


def fault(engine: Engine, subject: Subject) -> str:
    """Why the container is not ready, in a few words; empty when it is."""
    found = engine.inspect(subject.name)
    if found is None:
        return "missing"
    stopped = stop_reason(found)
    return stopped or probe(engine, subject, found)


def stop_reason(found: Mapping[str, Any]) -> str:
    """Why a container does not run; empty when it does."""
    state = found["State"]
    if state.get("OOMKilled") and state["Status"] != "running":
        return f"exited ({state['ExitCode']}, out of memory)"
    if state["Status"] in ("running", "paused"):
        return "" if state["Status"] == "running" else "paused"
    return (
        "created but not started"
        if state["Status"] == "created"
        else f"exited ({state['ExitCode']})"
    )


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
    return _own_check(found)


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


def _own_check(found: Mapping[str, Any]) -> str:
    """Docker's own verdict where the image has a check; else it must have run for a moment."""
    verdict = found["State"].get("Health", {}).get("Status", "none")
    if verdict in ("none", ""):
        return ""
    return "" if verdict == "healthy" else f"container health is {verdict}"


def wait_ready(engine: Engine, subjects: Sequence[Subject]) -> None:
    """Until all are ready. Raises SlipwayError for the first that cannot be, or not in time."""
    given_up = Event()
    with ThreadPoolExecutor(max_workers=min(16, len(subjects) or 1)) as pool:
        waits = [pool.submit(_wait, engine, each, given_up) for each in subjects]
        try:
            for wait in as_completed(waits):
                wait.result()
        finally:  # one that failed, or an interrupted step, ends the waiting for the others
            given_up.set()


def _wait(engine: Engine, subject: Subject, given_up: Event) -> None:
    limit = time.monotonic() + subject.health.deadline
    restarts = _restarts(engine, subject)
    while not given_up.is_set():
        found = engine.inspect(subject.name)
        if found is None:
            raise SlipwayError(f"{subject.label} is gone")
        stopped = stop_reason(found)
        if stopped or found["RestartCount"] != restarts:
            raise failure(engine, subject, stopped or "exited before it was ready")
        reason = probe(engine, subject, found)
        bare = subject.health.kind == "container" and "Health" not in found["State"]
        if not reason and (not bare or age(found) >= SETTLED):
            return
        if time.monotonic() >= limit:
            waited = f"not ready after {subject.health.deadline:g} s: {reason or 'no verdict'}"
            raise failure(engine, subject, waited)
        given_up.wait(min(subject.health.interval, max(0.01, limit - time.monotonic())))


def bake(engine: Engine, subjects: Sequence[Subject], seconds: float) -> None:
    """Watch for some time. Raises SlipwayError when one restarts, exits or turns unhealthy."""
    restarts = {each.name: _restarts(engine, each) for each in subjects}
    strikes: dict[str, int] = {each.name: 0 for each in subjects}
    limit = time.monotonic() + seconds
    while True:
        for subject in subjects:
            if _restarts(engine, subject) != restarts[subject.name]:
                raise failure(engine, subject, "restarted during the bake time")
            reason = fault(engine, subject)
            strikes[subject.name] = strikes[subject.name] + 1 if reason else 0
            gone = reason == "missing" or reason.startswith("exited")
            if reason and (gone or strikes[subject.name] >= STRIKES):
                raise failure(engine, subject, f"{reason}, during the bake time")
        if time.monotonic() >= limit and not any(strikes.values()):
            return
        time.sleep(min(BAKE_INTERVAL, max(0.05, limit - time.monotonic())))


def age(found: Mapping[str, Any]) -> float:
    """Seconds since the container was started, by the clock of this machine."""
    started = found["State"]["StartedAt"][:19]
    return time.time() - calendar.timegm(time.strptime(started, "%Y-%m-%dT%H:%M:%S"))


def _restarts(engine: Engine, subject: Subject) -> int:
    found = engine.inspect(subject.name)
    return int(found["RestartCount"]) if found else -1


class ContainerError(SlipwayError):
    """A container failed; `log` is the end of what it said, masked."""

    def __init__(self, what: str, log: list[str]) -> None:
        super().__init__(what, remedy="See its log above" if log else "It logged nothing")
        self.log = log


def failure(engine: Engine, subject: Subject, reason: str) -> ContainerError:
    """The error for a container, with what it said last."""
    log = tail(engine, subject.name)
    said = f"; last line: {log[-1][:300]}" if log else ""
    return ContainerError(
        f"{subject.label} {reason}{said}", [f"{subject.label} | {line}" for line in log]
    )


def tail(engine: Engine, container: str, lines: int = LOG_LINES) -> list[str]:
    """The end of a container's log without the values that it was given as secrets."""
    found = engine.inspect(container)
    if found is None:
        return []
    names = (found["Config"]["Labels"] or {}).get("slipway.secrets", "").split(",")
    values = [each.partition("=") for each in found["Config"]["Env"] or []]
    redact = Redactor(value for name, _, value in values if name in names)
    try:
        return [redact.line(line)[:500] for line in engine.logs(container, lines) if line.strip()]
    except EngineError:
        return []
