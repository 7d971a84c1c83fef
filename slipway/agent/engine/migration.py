"""A release's migration: one container that runs once, even if the agent is killed meanwhile.

It is created when the release is staged, because only that step has the secrets' values, and kept
until the rollout ends, because its exit code proves that it has run.
"""

from __future__ import annotations

import time

from slipway.agent import health
from slipway.agent.engine import containers
from slipway.agent.engine.client import Engine
from slipway.agent.engine.containers import Place
from slipway.agent.health import ContainerError
from slipway.agent.report import Report
from slipway.errors import SlipwayError
from slipway.rollout.release import Migration, Release

INTERVAL = 0.2  # seconds between checks


def prepare(engine: Engine, release: Release, place: Place) -> None:
    """Create its container unless it exists: it may be running, or have run."""
    name = containers.migration_name(place.application, release.id)
    if release.migration is None or engine.inspect(name) is not None:
        return
    wanted = release.migration
    service = next(each for each in release.services if each.name == wanted.service)
    body = containers.migration_payload(service, wanted.command, release, place)
    engine.create(name, body)


def run(engine: Engine, release: Release, report: Report) -> None:
    """Run it to its end; one that an earlier call has started is not started again.

    Raises ContainerError when it fails or exceeds its time.
    """
    if release.migration is None:
        return
    name = containers.migration_name(release.application, release.id)
    found = engine.inspect(name)
    if found is None:
        raise SlipwayError("the migration's container is missing", remedy="Run `pulumi up` again")
    if found["State"]["Status"] == "created":
        report(f"migrating with {' '.join(release.migration.command)}")
        engine.start(name)
    _wait(engine, name, release.migration)


def _wait(engine: Engine, name: str, migration: Migration) -> None:
    limit = time.monotonic() + migration.timeout
    while True:
        found = engine.inspect(name)
        state = found["State"] if found else {"Status": "gone", "ExitCode": -1}
        if state["Status"] not in ("running", "created"):
            if state["ExitCode"]:
                raise _failure(engine, name, f"the migration exited ({state['ExitCode']})")
            return
        if time.monotonic() >= limit:
            engine.stop(name, 1)
            raise _failure(
                engine, name, f"the migration did not finish within {migration.timeout:g} s"
            )
        time.sleep(INTERVAL)


def _failure(engine: Engine, name: str, what: str) -> ContainerError:
    log = health.tail(engine, name)
    last = f"; last line: {log[-1][:300]}" if log else ""
    return ContainerError(what + last, [f"migration | {line}" for line in log])
