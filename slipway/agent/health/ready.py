"""Wait until containers are ready."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from slipway.agent.engine.client import Engine
from slipway.agent.health.container import age, stop_reason
from slipway.agent.health.failure import failure
from slipway.agent.health.probe import probe
from slipway.agent.health.subject import Subject
from slipway.errors import SlipwayError

MIN_UPTIME = 1.0  # seconds that a container without any check must have run
AT_ONCE = 16


def wait_ready(engine: Engine, subjects: Sequence[Subject]) -> None:
    """Return when all are ready. Raises SlipwayError for the first that fails or is too late."""
    cancelled = Event()
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(subjects) or 1)) as pool:
        waits = [pool.submit(_wait, engine, each, cancelled) for each in subjects]
        try:
            for wait in as_completed(waits):
                wait.result()
        finally:  # after a failure or an interruption the others are not waited for
            cancelled.set()


def _wait(engine: Engine, subject: Subject, cancelled: Event) -> None:
    limit = time.monotonic() + subject.health.deadline
    restarts = None
    while not cancelled.is_set():
        found = engine.inspect(subject.name)
        if found is None:
            raise SlipwayError(f"{subject.label} is missing")
        restarts = found["RestartCount"] if restarts is None else restarts
        stopped = stop_reason(found)
        if stopped or found["RestartCount"] != restarts:
            raise failure(engine, subject, stopped or "exited before it was ready")
        reason = probe(engine, subject, found)
        bare = subject.health.kind == "container" and "Health" not in found["State"]
        if not reason and (not bare or age(found) >= MIN_UPTIME):
            return
        if time.monotonic() >= limit:
            late = f"not ready after {subject.health.deadline:g} s: {reason or 'started just now'}"
            raise failure(engine, subject, late)
        cancelled.wait(min(subject.health.interval, max(0.01, limit - time.monotonic())))
