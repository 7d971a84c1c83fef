"""Tests of the whole application, started with Docker Compose: integration and load tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil
from shlex import quote
from urllib.parse import urlsplit

from slipway.ci import actions
from slipway.ci.model import Run, Scalar, Step, Use
from slipway.ci.steps import script
from slipway.settings.ci import Compose, Performance


def integration(chosen: Compose) -> Iterator[Step]:
    """Start the application, migrate its database and send a request."""
    return _running(chosen, _probe(chosen))


def _running(chosen: Compose, steps: Iterable[Step]) -> Iterator[Step]:
    """`steps` between the application's start and its stop."""
    env: dict[str, Scalar] = {"COMPOSE_FILE": chosen.file}
    wait = f"--wait --wait-timeout {ceil(chosen.ready)}"
    yield Run("Start", f"docker compose up --build --detach {wait}", env=env)
    if chosen.migrate:
        yield Run("Migrate the database", chosen.migrate, env=env)
    yield from steps
    yield Run(
        "Show the logs", "docker compose logs --no-color --tail 200", if_="failure()", env=env
    )
    yield Run("Stop", "docker compose down --volumes", if_="always()", env=env)


def _probe(chosen: Compose) -> Iterator[Step]:
    yield Run(
        "Send a request",
        "curl --fail --silent --show-error --output /dev/null --max-time 10"
        ' --retry 10 --retry-all-errors --retry-delay 1 "$PROBE"',
        env={"PROBE": chosen.probe},
    )


def load_test(application: Compose, test: Performance) -> Iterator[Step]:
    """A load test of the application, and a comparison with its limits."""
    address = urlsplit(application.probe)
    load = (
        Use("Set up k6", actions.K6),
        Run(
            "Run the load test",
            f"k6 run --summary-export summary.json {quote(test.script)}",
            env={"BASE_URL": f"{address.scheme}://{address.netloc}"},
        ),
        script(
            "Compare with the limits",
            "performance",
            {"P95_MS": round(test.p95 * 1000), "ERROR_RATE": f"{test.error_rate:g}"},
        ),
    )
    yield from _running(application, load)
