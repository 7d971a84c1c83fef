"""Smoke tests: requests through the proxy before and after a release gets traffic."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from slipway.agent import health
from slipway.agent.engine.client import Engine
from slipway.agent.engine.containers import Container
from slipway.agent.health import ContainerError
from slipway.agent.health.http import Place, ask, mismatch
from slipway.agent.parallel import in_parallel
from slipway.rollout.release import Release, Smoke

AT_ONCE = 8
PAUSE = 1.0  # seconds before another try


@dataclass(frozen=True)
class Result:
    """The result of a test; `fault` is empty if one try succeeded."""

    test: Smoke
    fault: str

    def __str__(self) -> str:
        return f"{self.test} {self.fault or 'passed'}"


def results(release: Release, port: int) -> list[Result]:
    """The results of all tests, run concurrently through the proxy's `port` on this server."""
    hosts = {service.name: service.host for service in release.services}

    def result(test: Smoke) -> Result:
        return Result(test, _run(test, Place("127.0.0.1", port, hosts[test.service])))

    return in_parallel(result, release.smoke, AT_ONCE)


def check(engine: Engine, release: Release, own: Sequence[Container], port: int) -> None:
    """Raises ContainerError that names every failure, with the logs of the services' containers."""
    found = [result for result in results(release, port) if result.fault]
    if not found:
        return
    services = {result.test.service for result in found}
    tested = [each for each in own if each.service.name in services]
    log = [f"{c.label} | {line}" for c in tested for line in health.tail(engine, c.name)]
    raise ContainerError(f"smoke test {'; '.join(map(str, found))}", log)


def _run(test: Smoke, place: Place) -> str:
    """Why the last try failed; empty if one succeeded."""
    for left in range(test.retries, -1, -1):
        reason = _fault(test, place)
        if not reason or not left:
            return reason
        time.sleep(PAUSE)
    return ""


def _fault(test: Smoke, place: Place) -> str:
    try:
        return mismatch(ask(place, test.path, test.timeout, test.method), test)
    except OSError as error:
        return f"got no answer: {str(error) or type(error).__name__}"
