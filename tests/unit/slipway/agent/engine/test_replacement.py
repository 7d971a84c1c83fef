"""A container takes the place of another with the same volumes, or the other one is back."""

from __future__ import annotations

import io

import pytest

from slipway.agent.engine import replacement
from slipway.agent.engine.client import EngineError
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from tests.unit.slipway.agent.fake_engine import Containers, KilledError, described

OLD, NEW = {"Image": "postgres:15"}, {"Image": "postgres:16"}
STEPS = ["create db.new", "stop db 30", "rename db db.old", "rename db.new db", "start db"]


@pytest.fixture
def engine() -> Containers:
    """A server on which the old one serves."""
    engine = Containers()
    engine.found["db"] = described("db", OLD)
    return engine


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


def replace(engine: Containers, said: io.StringIO) -> None:
    replacement.replace(engine, "db", NEW, 30, Report(Redactor(()), stream=said))


def recover(engine: Containers, said: io.StringIO) -> None:
    replacement.recover(engine, "db", Report(Redactor(()), stream=said))


def left(engine: Containers) -> dict[str, tuple[str, str]]:
    """Image and status by name."""
    return {
        name: (each["Config"]["Image"], each["State"]["Status"])
        for name, each in engine.found.items()
    }


def test_the_old_one_goes_only_when_the_new_one_is_well(
    engine: Containers, said: io.StringIO
) -> None:
    replace(engine, said)
    assert engine.done == STEPS
    assert left(engine) == {"db": ("postgres:16", "running"), "db.old": ("postgres:15", "exited")}
    replacement.keep(engine, "db")
    assert left(engine) == {"db": ("postgres:16", "running")}


def test_the_old_one_comes_back_when_the_new_one_is_not_well(
    engine: Containers, said: io.StringIO
) -> None:
    replace(engine, said)
    engine.done.clear()
    report = Report(Redactor(()), stream=said)
    assert replacement.restore(engine, "db", 30, report)
    assert engine.done == ["stop db 30", "remove db", "rename db.old db", "start db"]
    assert left(engine) == {"db": ("postgres:15", "running")}
    assert not replacement.restore(engine, "db", 30, report)
    assert left(engine) == {"db": ("postgres:15", "running")}


def test_the_first_one_takes_nobodys_place(said: io.StringIO) -> None:
    engine = Containers()
    replace(engine, said)
    assert engine.done == ["create db.new", "rename db.new db", "start db"]
    assert left(engine) == {"db": ("postgres:16", "running")}


def test_what_the_engine_refuses_to_make_is_found_while_the_old_one_serves(
    engine: Containers, said: io.StringIO
) -> None:
    engine.refused["create db.new"] = EngineError("no such volume driver")
    with pytest.raises(EngineError, match="no such volume driver"):
        replace(engine, said)
    assert engine.done == ["create db.new"]
    assert left(engine) == {"db": ("postgres:15", "running")}


@pytest.mark.parametrize("refused", STEPS[1:4])
def test_the_old_one_is_back_where_the_engine_refuses_anything(
    refused: str, engine: Containers, said: io.StringIO
) -> None:
    engine.refused[refused] = EngineError("the engine is busy")
    with pytest.raises(EngineError, match="the engine is busy"):
        replace(engine, said)
    assert left(engine) == {"db": ("postgres:15", "running")}


def test_the_old_one_is_back_where_the_new_one_does_not_start(said: io.StringIO) -> None:
    class Refusing(Containers):
        """Starts no container of the new image."""

        def start(self, container: str) -> None:
            if self.found[container]["Config"]["Image"] == "postgres:16":
                raise EngineError("port is already allocated")
            super().start(container)

    engine = Refusing()
    engine.found["db"] = described("db", OLD)
    with pytest.raises(EngineError, match="port is already allocated"):
        replace(engine, said)
    assert left(engine) == {"db": ("postgres:15", "running")}


@pytest.mark.parametrize("killed", STEPS)
def test_one_that_is_killed_before_the_new_one_is_started_is_undone(
    killed: str, engine: Containers, said: io.StringIO
) -> None:
    engine.refused[killed] = KilledError()
    with pytest.raises(KilledError):
        replace(engine, said)
    engine.refused.clear()
    recover(engine, said)
    assert left(engine) == {"db": ("postgres:15", "running")}


def test_one_that_is_killed_once_the_new_one_is_started_is_still_on_trial(
    engine: Containers, said: io.StringIO
) -> None:
    replace(engine, said)
    recover(engine, said)
    assert left(engine) == {"db": ("postgres:16", "running"), "db.old": ("postgres:15", "exited")}


@pytest.mark.parametrize("there", [True, False])
def test_where_nothing_was_cut_off_nothing_is_touched(there: bool, said: io.StringIO) -> None:
    engine = Containers()
    if there:
        engine.found["db"] = described("db", OLD, status="exited")
    recover(engine, said)
    assert engine.done == []


def test_one_that_does_not_start_again_is_told_and_may_be_replaced(
    engine: Containers, said: io.StringIO
) -> None:
    engine.found["db"]["State"]["Status"] = "exited"
    engine.found["db.new"] = described("db.new", NEW, status="created")
    engine.refused["start db"] = EngineError("no space left on device")
    recover(engine, said)
    assert said.getvalue() == "db does not start again: no space left on device\n"
    assert left(engine) == {"db": ("postgres:15", "exited")}
