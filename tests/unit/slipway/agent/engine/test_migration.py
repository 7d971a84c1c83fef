"""A migration runs once, in its own container, whatever happens to the agent meanwhile."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest

from slipway.agent.engine import migration
from slipway.agent.engine.containers import Place
from slipway.agent.health import ContainerError
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.errors import SlipwayError
from slipway.rollout.release import Migration
from tests.unit.slipway.agent.fake_engine import Containers
from tests.unit.slipway.rollout.sample import release

WITHOUT = release("v1")
RELEASE = replace(
    release("v1", migration=True),
    services=(replace(WITHOUT.services[0], secrets=("TOKEN",)), WITHOUT.services[1]),
    migration=Migration("web", ("shop", "migrate"), timeout=30),
)
PLACE = Place("shop", "one", secrets={"TOKEN": "hunter2-is-secret"})
NAME = f"shop-migration-{RELEASE.id[:8]}"
REPORT = Report(Redactor(()), stream=io.StringIO())


@pytest.fixture
def engine() -> Containers:
    """A server on which the migration is ready to run."""
    engine = Containers()
    migration.prepare(engine, RELEASE, PLACE)
    assert engine.done == [f"create {NAME}"]
    engine.done.clear()
    return engine


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Time passes while the agent sleeps, and `meanwhile` happens."""
    clock = SimpleNamespace(now=0.0, meanwhile=lambda: None)

    def sleep(seconds: float) -> None:
        clock.now += seconds
        clock.meanwhile()

    double = SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep)
    monkeypatch.setattr(migration, "time", double)
    return clock


def test_its_container_is_the_services_with_the_migrations_command(engine: Containers) -> None:
    made = engine.found[NAME]["Config"]
    assert (made["Image"], made["Cmd"]) == ("registry/shop@sha256:v1", ["shop", "migrate"])
    assert "TOKEN=hunter2-is-secret" in made["Env"]
    assert made["Labels"]["slipway.kind"] == "migration"


def test_its_container_is_made_once(engine: Containers) -> None:
    migration.prepare(engine, RELEASE, PLACE)
    assert engine.done == []


def test_a_release_without_one_has_no_container() -> None:
    engine = Containers()
    migration.prepare(engine, WITHOUT, PLACE)
    migration.run(engine, WITHOUT, REPORT)
    assert engine.done == []


def test_it_is_started_and_waited_for(engine: Containers, clock: SimpleNamespace) -> None:
    def end() -> None:
        if clock.now > 1:
            engine.found[NAME]["State"].update(Status="exited", ExitCode=0)

    clock.meanwhile = end
    migration.run(engine, RELEASE, REPORT)
    assert engine.done == [f"start {NAME}"]
    assert 1 < clock.now < 2


def test_one_that_an_ended_call_left_running_is_not_started_again(
    engine: Containers, clock: SimpleNamespace
) -> None:
    engine.found[NAME]["State"]["Status"] = "running"
    clock.meanwhile = lambda: engine.found[NAME]["State"].update(Status="exited")
    migration.run(engine, RELEASE, REPORT)
    assert engine.done == []


def test_one_that_has_run_is_not_run_again(engine: Containers) -> None:
    engine.found[NAME]["State"].update(Status="exited", ExitCode=0)
    migration.run(engine, RELEASE, REPORT)
    assert engine.done == []


def test_one_that_fails_is_told_with_what_it_said_last_masked(engine: Containers) -> None:
    engine.exits[NAME] = 3
    engine.say(NAME, "applying 0007")
    engine.say(NAME, "refused for hunter2-is-secret")
    with pytest.raises(ContainerError) as caught:
        migration.run(engine, RELEASE, REPORT)
    assert caught.value.what == "the migration exited (3); last line: refused for ***"
    assert caught.value.log == ["migration | applying 0007", "migration | refused for ***"]


def test_one_that_failed_before_fails_again_without_being_run(engine: Containers) -> None:
    engine.found[NAME]["State"].update(Status="exited", ExitCode=3)
    with pytest.raises(ContainerError, match=r"the migration exited \(3\)"):
        migration.run(engine, RELEASE, REPORT)
    assert engine.done == []


def test_one_that_takes_too_long_is_stopped(engine: Containers, clock: SimpleNamespace) -> None:
    with pytest.raises(ContainerError, match="the migration did not finish within 30 s"):
        migration.run(engine, RELEASE, REPORT)
    assert engine.done == [f"start {NAME}", f"stop {NAME} 1"]
    assert 30 <= clock.now < 31


def test_one_whose_container_is_gone_is_an_error() -> None:
    with pytest.raises(
        SlipwayError, match=r"the migration's container is missing\. Run `pulumi up`"
    ):
        migration.run(Containers(), RELEASE, REPORT)


def test_one_that_somebody_removes_meanwhile_is_an_error(
    engine: Containers, clock: SimpleNamespace
) -> None:
    clock.meanwhile = lambda: engine.found.pop(NAME, None)
    with pytest.raises(ContainerError, match=r"the migration exited \(-1\)"):
        migration.run(engine, RELEASE, REPORT)
