"""Containers of a release's commands that run once, even if the agent is killed meanwhile.

A container is named after what it runs on which database. The next call goes on with one that runs,
and its exit code proves that it has run until that is recorded.
"""

from __future__ import annotations

import time
from typing import Any

from slipway.agent import health
from slipway.agent.engine import containers
from slipway.agent.engine.client import Engine
from slipway.agent.engine.containers import Place
from slipway.agent.health import ContainerError
from slipway.agent.report import Report
from slipway.rollout.release import Release
from slipway.rollout.tasks import Run

INTERVAL = 0.2  # seconds between checks
GRACE = 10.0  # seconds for one that is stopped


def run(engine: Engine, wanted: Run, release: Release, place: Place, report: Report) -> None:
    """Run it to its end; one that runs or has succeeded is not started again.

    Raises ContainerError when it fails or exceeds its time. What failed is then removed.
    """
    name = containers.task_name(place.application, wanted)
    found = engine.inspect(name)
    if found is None or not (_runs(found["State"]) or _succeeded(found)):
        engine.remove(name)
        service = next(each for each in release.services if each.name == wanted.task.service)
        engine.create(name, containers.task_payload(service, wanted, release, place))
        report(f"{wanted.kind}: running {' '.join(wanted.task.command)}")
        engine.start(name)
    try:
        _wait(engine, name, wanted)
    except ContainerError:
        engine.remove(name)
        raise


def remove(engine: Engine, application: str, *, keep_finished: bool) -> None:
    """Stop and remove them; those that have succeeded stay with `keep_finished`."""
    for short in engine.containers(application=application, kind=containers.TASK):
        found = engine.inspect(short["Id"])
        if found is None or (keep_finished and _succeeded(found)):
            continue
        engine.stop(short["Id"], GRACE)
        engine.remove(short["Id"])


def _runs(state: dict[str, Any]) -> bool:
    return state["Status"] in ("running", "paused")


def _succeeded(found: dict[str, Any]) -> bool:
    return bool(found["State"]["Status"] == "exited" and found["State"]["ExitCode"] == 0)


def _wait(engine: Engine, name: str, wanted: Run) -> None:
    limit = time.monotonic() + wanted.task.timeout
    while True:
        found = engine.inspect(name)
        state = found["State"] if found else {"Status": "gone", "ExitCode": -1}
        if not _runs(state):
            if state["ExitCode"]:
                raise _failure(engine, name, wanted, f"exited ({state['ExitCode']})")
            return
        if time.monotonic() >= limit:
            engine.stop(name, GRACE)
            raise _failure(engine, name, wanted, f"did not finish within {wanted.task.timeout:g} s")
        time.sleep(INTERVAL)


def _failure(engine: Engine, name: str, wanted: Run, what: str) -> ContainerError:
    log = health.tail(engine, name)
    last = f"; last line: {log[-1][:300]}" if log else ""
    return ContainerError(
        f"the {wanted.kind} {what}{last}", [f"{wanted.kind} | {line}" for line in log]
    )
