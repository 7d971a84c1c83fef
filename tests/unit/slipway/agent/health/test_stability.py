"""How often a container is asked whether it is still well."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from slipway.agent.health import ContainerError, Stability, Subject, stability
from slipway.rollout.release import Health
from tests.unit.slipway.agent.fake_engine import Containers

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
    monkeypatch.setattr(stability, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_a_health_command_is_run_every_two_seconds(
    engine: Commands, clock: SimpleNamespace
) -> None:
    stability = Stability(engine, [WORKER])
    runs = []
    for _ in range(9):
        stability.check()
        runs.append(engine.runs)
        clock.now += 0.5
    assert runs == [1, 1, 1, 1, 2, 2, 2, 2, 3]


def test_one_that_fails_is_run_at_every_look_until_it_is_sure(
    engine: Commands, clock: SimpleNamespace
) -> None:
    stability = Stability(engine, [WORKER])
    engine.code = 1
    for number in (1, 2):
        stability.check()
        assert stability.uncertain
        assert engine.runs == number
    with pytest.raises(ContainerError, match=r"exited \(1\): no heartbeat, after it was ready"):
        stability.check()


def test_one_that_recovers_is_left_alone_again(engine: Commands, clock: SimpleNamespace) -> None:
    stability = Stability(engine, [WORKER])
    engine.code = 1
    stability.check()
    engine.code = 0
    stability.check()
    stability.check()
    assert not stability.uncertain
    assert engine.runs == 2


def test_between_its_runs_a_container_that_exits_is_noticed(
    engine: Commands, clock: SimpleNamespace
) -> None:
    stability = Stability(engine, [WORKER])
    stability.check()
    engine.found[NAME]["State"].update(Status="exited", ExitCode=4)
    with pytest.raises(ContainerError, match=r"exited \(4\), after it was ready"):
        stability.check()
    assert engine.runs == 1
