"""How often a container is asked whether it is still well."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from slipway.agent.health import ContainerError, Steadiness, Subject, steady
from slipway.release.release import Health
from tests.unit.slipway.agent.engine import Containers

NAME = "shop-worker-1"
WORKER = Subject(NAME, "worker-1", Health(kind="command", command=("shop", "worker-health")))


class Commands(Containers):
    """A container whose health command exits with `code`."""

    code, runs = 0, 0

    def execute(self, container: str, command: tuple[str, ...], timeout: float) -> tuple[int, str]:
        assert (container, command) == (NAME, ("shop", "worker-health"))
        self.runs += 1
        return self.code, "no heartbeat"


@pytest.fixture
def engine() -> Commands:
    return Commands(NAME)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(steady, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_a_health_command_is_run_every_two_seconds(
    engine: Commands, clock: SimpleNamespace
) -> None:
    steadiness = Steadiness(engine, [WORKER])
    runs = []
    for _ in range(9):
        steadiness.look()
        runs.append(engine.runs)
        clock.now += 0.5
    assert runs == [1, 1, 1, 1, 2, 2, 2, 2, 3]


def test_one_that_fails_is_run_at_every_look_until_it_is_sure(
    engine: Commands, clock: SimpleNamespace
) -> None:
    steadiness = Steadiness(engine, [WORKER])
    engine.code = 1
    for number in (1, 2):
        steadiness.look()
        assert steadiness.shaken
        assert engine.runs == number
    with pytest.raises(ContainerError, match=r"exited \(1\): no heartbeat, after it was ready"):
        steadiness.look()


def test_one_that_recovers_is_left_alone_again(engine: Commands, clock: SimpleNamespace) -> None:
    steadiness = Steadiness(engine, [WORKER])
    engine.code = 1
    steadiness.look()
    engine.code = 0
    steadiness.look()
    steadiness.look()
    assert not steadiness.shaken
    assert engine.runs == 2


def test_between_its_runs_a_container_that_exits_is_noticed(
    engine: Commands, clock: SimpleNamespace
) -> None:
    steadiness = Steadiness(engine, [WORKER])
    steadiness.look()
    engine.found[NAME]["State"].update(Status="exited", ExitCode=4)
    with pytest.raises(ContainerError, match=r"exited \(4\), after it was ready"):
        steadiness.look()
    assert engine.runs == 1
