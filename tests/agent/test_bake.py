"""What a hold finds in a release that misbehaves under traffic only, on a real engine and proxy."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lab import servers
from slipway.rollout.release import Release
from slipway.rollout.watch import Watch
from tests.agent.host import TOKEN, AgentHost, release


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"LOG": "ERROR no seat for TOKEN"}, "logged an error during the bake time: ERROR no seat"),
        ({"FAIL_EVERY": "33"}, "of the requests failed ("),
        ({"CRASH_AFTER": "8"}, "after it was ready"),
    ],
    ids=["logs errors", "fails 3 %", "crashes"],
)
def test_a_release_that_misbehaves_under_traffic_is_taken_back(
    serving: AgentHost, fault: dict[str, Any], said: str
) -> None:
    two = release("v2", **fault)
    assert serving.start(two).code == 0
    with serving.load():
        done = serving.call("switch", two, bake=20.0)
    assert done.code == 1
    assert said in done.error
    assert TOKEN not in done.progress
    assert done.answer is None
    assert serving.version() == "v1"
    assert serving.status().phase == "idle"


@pytest.mark.parametrize("step", ["switch", "prepare"])
def test_a_release_that_falls_over_while_nobody_watches_is_taken_back(
    serving: AgentHost, step: str
) -> None:
    two = release("v2")
    assert serving.start(two).code == 0
    if step == "prepare":
        assert serving.call("switch", two).code == 0
    fall_over(serving, two)
    done = serving.call(step, two)
    assert done.code == 1
    assert "web-1 restarted after it was ready" in done.error
    assert serving.version() == "v1"
    assert serving.status().phase == "idle"


def fall_over(host: AgentHost, fallen: Release) -> None:
    """The web container's process is killed, and its engine starts it again."""
    labels = f"--filter label=slipway.release={fallen.id} --filter label=slipway.service=web"
    name = host.sh(f"docker ps --quiet {labels}").strip()
    servers.run(host.server, f"kill -KILL $(docker inspect --format '{{{{.State.Pid}}}}' {name})")
    again = f"docker inspect --format '{{{{.RestartCount}}}} {{{{.State.Running}}}}' {name}"
    wait = f"for _ in $(seq 100); do [ \"$({again})\" = '1 true' ] && exit; sleep 0.1; done; exit 1"
    host.sh(wait)


def test_what_is_put_up_with_by_configuration_passes(serving: AgentHost) -> None:
    two = release("v2", FAIL_EVERY="33", LOG="ERROR no seat")
    assert serving.start(two).code == 0
    watch = Watch(error_rate=0.2, log_errors=None)
    before = len(errors_of_the_proxy(serving))  # of other tests
    with serving.load():
        done = serving.call("switch", two, bake=3.0, watch=watch)
    assert done.code == 0, done.progress
    assert "requests failed" in done.progress
    logged = errors_of_the_proxy(serving)[before:]
    assert logged
    assert all(
        re.search(r"web/b1 500 \d+ \d+ -- [0-9.]+ [0-9A-F]+ GET /version$", line) for line in logged
    )


def errors_of_the_proxy(serving: AgentHost) -> list[str]:
    return serving.sh("docker logs shop-proxy 2>&1 | grep 'GET /version$' || true").splitlines()


CANARY: dict[str, Any] = {
    "weight": 50,
    "bake": 3.0,
    "watch": Watch(min_requests=100, hold_limit=4.0),
}


def test_a_canary_as_good_as_the_old_release_passes_with_its_figures(serving: AgentHost) -> None:
    two = release("v2")
    assert serving.start(two).code == 0
    with serving.load() as load:
        done = serving.call("switch", two, **CANARY)
    assert done.code == 0, done.progress
    assert re.search(r"v2 has passed: 0 of \d+ requests failed, p95 \d+ ms, proc", done.progress)
    assert load.failures == []
    assert serving.status().phase == "switched"


@pytest.mark.parametrize(
    ("fault", "said"),
    [({"SLOW": "0.6"}, r"p95 is \d+ ms \(at most 500 ms\)"), ({"SLOW": "0.2"}, "the old release")],
    ids=["beyond the limit", "worse than the old release"],
)
def test_a_slow_canary_is_taken_back(serving: AgentHost, fault: dict[str, Any], said: str) -> None:
    two = release("v2", **fault)
    assert serving.start(two).code == 0
    with serving.load() as load:
        done = serving.call("switch", two, **{**CANARY, "bake": 20.0})
    assert done.code == 1
    assert re.search(said, done.error)
    assert load.failures == []
    assert serving.version() == "v1"


def test_a_canary_without_requests_never_passes(serving: AgentHost) -> None:
    two = release("v2")
    assert serving.start(two).code == 0
    done = serving.call("switch", two, **CANARY)
    assert done.code == 1
    assert "only 0 requests of the 100 that a verdict needs" in done.error
    assert "prolonging the hold to 4 s at most" in done.progress
    assert serving.version() == "v1"
