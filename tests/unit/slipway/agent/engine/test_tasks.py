"""A command runs once, in its own container, whatever happens to the agent meanwhile."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest

from slipway.agent.engine import containers, tasks
from slipway.agent.engine.containers import Place
from slipway.agent.health import ContainerError
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.protocol.requests import Target
from slipway.rollout.release import Task
from slipway.rollout.tasks import runs
from tests.unit.slipway.agent.fake_engine import Containers
from tests.unit.slipway.rollout.sample import release

WITHOUT = release("v1")
RELEASE = replace(
    WITHOUT,
    services=(replace(WITHOUT.services[0], secrets=("TOKEN",)), WITHOUT.services[1]),
    migration=Task("web", ("shop", "migrate"), timeout=30),
)
(RUN,) = runs(RELEASE, "db")
TARGET = Target("shop", "staging", "one")
PLACE = Place(TARGET, secrets={"TOKEN": "hunter2-is-secret"})
NAME = containers.task_name("shop", RUN)
REPORT = Report(Redactor(()), stream=io.StringIO())


@pytest.fixture
def engine() -> Containers:
    """A server on which it succeeds as soon as it starts."""
    engine = Containers()
    engine.exits[NAME] = 0
    return engine


def run(engine: Containers) -> None:
    tasks.run(engine, RUN, RELEASE, PLACE, REPORT)


def left(engine: Containers, status: str, code: int = 0) -> None:
    """An earlier call has left its container."""
    engine.create(NAME, containers.task_payload(RELEASE.services[0], RUN, RELEASE, PLACE))
    engine.found[NAME]["State"].update(Status=status, ExitCode=code)
    engine.done.clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Time passes while the agent sleeps, and `meanwhile` happens."""
    clock = SimpleNamespace(now=0.0, meanwhile=lambda: None)

    def sleep(seconds: float) -> None:
        clock.now += seconds
        clock.meanwhile()

    double = SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep)
    monkeypatch.setattr(tasks, "time", double)
    return clock


def test_its_container_is_the_services_with_the_commands_own(engine: Containers) -> None:
    run(engine)
    made = engine.found[NAME]["Config"]
    assert (made["Image"], made["Cmd"]) == ("registry/shop@sha256:v1", ["shop", "migrate"])
    assert "TOKEN=hunter2-is-secret" in made["Env"]
    assert made["Labels"]["slipway.kind"] == containers.TASK


def test_it_is_started_and_waited_for(engine: Containers, clock: SimpleNamespace) -> None:
    def end() -> None:
        if clock.now > 1:
            engine.found[NAME]["State"].update(Status="exited", ExitCode=0)

    del engine.exits[NAME]
    clock.meanwhile = end
    run(engine)
    assert engine.done == [f"create {NAME}", f"start {NAME}"]
    assert 1 < clock.now < 2


def test_one_that_an_ended_call_left_running_is_not_started_again(
    engine: Containers, clock: SimpleNamespace
) -> None:
    left(engine, "running")
    clock.meanwhile = lambda: engine.found[NAME]["State"].update(Status="exited")
    run(engine)
    assert engine.done == []


def test_one_that_has_succeeded_is_not_run_again(engine: Containers) -> None:
    left(engine, "exited")
    run(engine)
    assert engine.done == []


@pytest.mark.parametrize(("status", "code"), [("created", 0), ("exited", 3), ("dead", 0)])
def test_one_that_was_never_started_or_failed_is_run_anew(
    status: str, code: int, engine: Containers
) -> None:
    left(engine, status, code)
    run(engine)
    assert engine.done == [f"remove {NAME}", f"create {NAME}", f"start {NAME}"]


def test_one_that_fails_is_told_with_what_it_said_last_masked_and_removed(
    engine: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, engine.exits[NAME] = engine.start, 3

    def start(name: str) -> None:
        engine.say(NAME, "applying 0007")
        engine.say(NAME, "refused for hunter2-is-secret")
        begin(name)

    monkeypatch.setattr(engine, "start", start)
    with pytest.raises(ContainerError) as caught:
        run(engine)
    assert caught.value.what == "the migration exited (3); last line: refused for ***"
    assert caught.value.log == ["migration | applying 0007", "migration | refused for ***"]
    assert NAME not in engine.found


def test_one_that_takes_too_long_is_stopped_and_removed(
    engine: Containers, clock: SimpleNamespace
) -> None:
    del engine.exits[NAME]
    with pytest.raises(ContainerError, match="the migration did not finish within 30 s"):
        run(engine)
    assert engine.done[-3:] == [f"start {NAME}", f"stop {NAME} 10", f"remove {NAME}"]
    assert 30 <= clock.now < 31


def test_one_that_somebody_removes_meanwhile_is_an_error(
    engine: Containers, clock: SimpleNamespace
) -> None:
    del engine.exits[NAME]
    clock.meanwhile = lambda: engine.found.pop(NAME, None)
    with pytest.raises(ContainerError, match=r"the migration exited \(-1\)"):
        run(engine)


@pytest.mark.parametrize(
    ("status", "code", "stays"), [("exited", 0, True), ("exited", 1, False), ("running", 0, False)]
)
def test_an_end_of_the_rollout_leaves_only_what_proves_a_success(
    status: str, code: int, stays: bool, engine: Containers
) -> None:
    left(engine, status, code)
    tasks.remove(engine, "shop", keep_finished=True)
    assert (NAME in engine.found) == stays
    tasks.remove(engine, "shop", keep_finished=False)
    assert NAME not in engine.found


def test_another_applications_are_left_alone(engine: Containers) -> None:
    left(engine, "running")
    tasks.remove(engine, "blog", keep_finished=False)
    assert engine.done == []
