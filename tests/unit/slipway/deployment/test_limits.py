"""Every step is ended in time, and none before what it waits for by configuration is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.deployment.limits import (
    accessory_limit,
    leases,
    longest_wait,
    step_limit,
    wait_after_pull,
)
from slipway.rollout.plan import Batch, PlannedStep, blue_green, canary, rolling, steps
from slipway.rollout.step import Step
from slipway.settings import Settings
from tests.unit.slipway.deployment.sample import FLEET
from tests.unit.slipway.settings import sample

SERVERS = ["one", "two"]
WAITING = """
application:
  services:
    web: {health: {deadline: 90s}, stop_grace: 20s}
    worker: {health: {deadline: 40s}, stop_grace: 25s}
  migration: {timeout: 7m}
  setup: {service: web, command: [create-admin], timeout: 3m}
  smoke:
    - {service: web, timeout: 4s, retries: 2}
    - {service: web, path: /docs, timeout: 9s, retries: 0}
  accessories: {postgres: {health: {deadline: 2m}, stop_grace: 45s}}
proxy: {drain: 15s}
"""
WORKING, PULLING = 60, 900  # seconds that every step, and every pull, has beside its waits


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return sample.settings(sample.project(tmp_path), WAITING)


@pytest.mark.parametrize(
    ("step", "seconds"),
    [
        (Step.PREFLIGHT, WORKING),
        (Step.PULL, 600 + 15),
        (Step.MIGRATE, WORKING + 7 * 60 + 3 * 60),
        (Step.START, WORKING + 90 + 15),
        (Step.SMOKE, WORKING + 3 * (4 + 1) + (9 + 1)),
        (Step.SWITCH, WORKING + 90 + (15 + 25) + 25 + 100 + 1000),
        (Step.PREPARE, WORKING),
        (Step.COMMIT, WORKING + 15 + 25),
    ],
)
def test_a_step_has_the_time_of_all_that_it_waits_for(
    step: Step, seconds: float, settings: Settings
) -> None:
    planned = PlannedStep(step, "one", pause=100, hold=1000)
    assert step_limit(planned, settings) == seconds


def test_an_application_that_waits_for_nothing_has_the_working_time_alone(tmp_path: Path) -> None:
    text = "application: {migration: null, accessories: null}"
    plain = sample.settings(sample.project(tmp_path), text)
    assert step_limit(PlannedStep(Step.MIGRATE, "one"), plain) == WORKING
    assert step_limit(PlannedStep(Step.SMOKE, "one"), plain) == WORKING


def test_an_accessory_has_the_time_to_be_pulled_stopped_and_ready(settings: Settings) -> None:
    assert accessory_limit("postgres", settings) == WORKING + PULLING + 45 + 120


@pytest.mark.parametrize(
    ("watch", "weight", "seconds"),
    [
        ("{hold_limit: 10m}", 25, 600),
        ("{hold_limit: 10m}", 100, 60),
        ("{hold_limit: 10m, too_few: fail}", 25, 60),
        ("{hold_limit: 30s}", 25, 60),
    ],
    ids=["held on", "the whole traffic", "fails at once", "shorter than the hold"],
)
def test_a_canary_with_few_requests_has_the_time_that_it_may_be_held_on(
    watch: str, weight: int, seconds: float, tmp_path: Path
) -> None:
    text = f"rollout: {{strategy: canary, watch: {watch}}}"
    it = sample.settings(sample.project(tmp_path), text)
    held, not_held = (
        step_limit(PlannedStep(Step.SWITCH, "one", weight=weight, hold=hold), it)
        for hold in (60, 0)
    )
    prolonged = weight < 100 and "fail" not in watch and "10m" in watch
    assert held - step_limit(PlannedStep(Step.SWITCH, "one", weight=100), it) == seconds
    assert (held == not_held) == prolonged


@pytest.mark.parametrize(
    ("batches", "seconds"),
    [
        (rolling(SERVERS, size=1, pause=1, bake=3), 3 + 1 + 3),
        (rolling(SERVERS, size=2, pause=1, bake=3), 3),
        (blue_green(SERVERS, bake=3), 3),
        (canary(SERVERS, weights=[10, 50, 100], hold=60, bake=3), 60),
        ([Batch(("one",), hold=5), Batch(("two",), hold=7), Batch(("one",), hold=1)], 5 + 7),
    ],
    ids=["one by one", "both at once", "blue-green", "canary", "one has to wait for two"],
)
def test_a_server_waits_for_the_other_batches_or_for_the_longest_hold(
    batches: list[Batch], seconds: float, tmp_path: Path
) -> None:
    fails_at_once = FLEET + "application: {migration: {timeout: 5m}}"
    it = sample.settings(sample.project(tmp_path), fails_at_once.replace(
        "retain: 7}", "retain: 7, watch: {too_few: fail}}"
    ))  # fmt: skip
    assert longest_wait(it, batches) == 60 + seconds


def test_after_its_pull_a_server_waits_for_accessories_and_for_the_migration(
    settings: Settings,
) -> None:
    assert wait_after_pull(settings) == (45 + 120) + (7 + 3) * 60


@pytest.mark.parametrize(
    "rollout",
    [
        "{batch: 1, pause: 3s}",
        "{batch: 50%, bake: 5m, lease: 1m}",
        "{strategy: blue-green}",
        "{strategy: canary, lease: 20m}",
    ],
)
@pytest.mark.parametrize("count", [1, 40, 1000])
def test_no_lease_is_shorter_than_its_step_however_many_servers_there_are(
    count: int, rollout: str, tmp_path: Path
) -> None:
    it = sample.settings(sample.project(tmp_path), f"{WAITING}rollout: {rollout}\n")
    servers = [f"s{number}" for number in range(count)]
    chosen = {
        "rolling": rolling(servers, size=1, pause=it.rollout.pause, bake=it.rollout.bake),
        "blue-green": blue_green(servers, bake=it.rollout.bake),
        "canary": canary(servers, weights=it.rollout.canary.weights, hold=60, bake=5),
    }[it.rollout.strategy]
    named = it.model_copy(update={"servers": dict.fromkeys(servers, it.servers["one"])})
    plan = steps(servers, chosen, migrate=True, smoke=True)
    planned = [step for step in plan if isinstance(step, PlannedStep)]
    found = leases(planned, named, chosen)
    assert [s.name for s in planned if found[s.name] < step_limit(s, named)] == []
