"""The end of a service's logs, as written, within what one answer can hold."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.state.store import Store
from slipway.agent.steps import logs
from slipway.errors import SlipwayError
from slipway.protocol.answers import LogsAnswer
from slipway.protocol.requests import LogsRequest, Target
from tests.unit.slipway.agent.fake_engine import Containers, described


@pytest.fixture
def engine() -> Containers:
    """Two replicas of a service, and another one."""
    engine = Containers()
    for name, service in (("shop-web-1", "web"), ("shop-web-2", "web"), ("shop-worker-1", "w")):
        labels = {"slipway.application": "shop", "slipway.service": service}
        engine.found[name] = described(name, {"Labels": labels})
        engine.say(name, f"first of {name}")
        engine.say(name, f"second of {name}")
    return engine


def tail(engine: Containers, service: str, lines: int) -> LogsAnswer:
    request = LogsRequest(Target("shop", "staging", "one"), service, lines)
    report = Report(Redactor(()), stream=io.StringIO())
    return logs.run(request, engine, Store(Path("/nowhere")), report)


def test_each_container_of_the_service_is_told_by_its_name(engine: Containers) -> None:
    assert tail(engine, "web", 9) == LogsAnswer(
        {
            "shop-web-1": ("first of shop-web-1", "second of shop-web-1"),
            "shop-web-2": ("first of shop-web-2", "second of shop-web-2"),
        }
    )


def test_the_last_lines_are_told(engine: Containers) -> None:
    assert tail(engine, "w", 1).logs == {"shop-worker-1": ("second of shop-worker-1",)}


def test_lines_that_no_answer_can_hold_are_left_out(engine: Containers) -> None:
    for number in range(100):
        engine.say("shop-worker-1", f"{number} " + "é" * 500)
    (kept,) = tail(engine, "w", 10_000).logs.values()
    assert kept[-1].startswith("99 ")
    size = sum(len(each.encode()) for each in kept)
    assert logs.MOST_BYTES - 2048 < size < logs.MOST_BYTES


def test_a_service_without_a_container_is_an_error(engine: Containers) -> None:
    with pytest.raises(
        SlipwayError, match=r"'db' has no container on this server\. `slipway status`"
    ):
        tail(engine, "db", 9)
