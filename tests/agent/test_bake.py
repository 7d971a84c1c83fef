"""What a hold finds in a release that misbehaves under traffic only, on a real engine and proxy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent.host import TOKEN, AgentHost, release
from tests.agent.load import Load


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"LOG": "ERROR no seat for TOKEN"}, "logged an error during the bake time: ERROR no seat"),
        ({"FAIL_EVERY": "33"}, "of the requests failed ("),
        ({"CRASH_AFTER": "4"}, "during the bake time"),
    ],
    ids=["logs errors", "fails 3 %", "crashes"],
)
def test_a_release_that_misbehaves_under_traffic_is_taken_back(
    serving: AgentHost, fault: dict[str, Any], said: str
) -> None:
    two = release("v2", replicas=1, **fault)
    assert serving.call("stage", two).code == 0
    with Load(serving.server.address):
        done = serving.call("switch", two, rollout={"bake": 20})
    assert done.code == 1
    assert said in done.error
    assert TOKEN not in done.progress
    assert done.answer == {}
    assert serving.version() == "v1"
    assert serving.status()["phase"] == "idle"


def test_what_is_put_up_with_by_configuration_passes(serving: AgentHost) -> None:
    two = release("v2", replicas=1, FAIL_EVERY="33", LOG="ERROR no seat")
    assert serving.call("stage", two).code == 0
    watch = {"error_rate": 0.2, "log_errors": None}
    with Load(serving.server.address):
        done = serving.call("switch", two, rollout={"bake": 3, "watch": watch})
    assert done.code == 0, done.progress
    assert "requests failed" in done.progress
