"""Smoke tests through the real proxy: before users get a release, and once they have it."""

from __future__ import annotations

from dataclasses import replace

from slipway.rollout.release import Smoke
from tests.agent.host import FOLDER, AgentHost, release

FAILING = Smoke("web", "/docs", body="v3", retries=0)


def test_a_release_that_fails_before_the_switch_never_gets_a_request(serving: AgentHost) -> None:
    two = replace(release("v2"), smoke=(Smoke("web", "/docs", body="v2"), FAILING))
    with serving.load() as load:
        assert serving.start(two).code == 0
        done = serving.call("smoke", two)
    assert done.code == 1
    assert "smoke test GET /docs of web answered without 'v3'" in done.error
    assert set(load.versions) == {"v1"}
    assert load.failures == []
    assert serving.status().phase == "idle"
    assert serving.problems() == []


def test_a_release_that_passes_is_tested_again_as_users_get_it(serving: AgentHost) -> None:
    two = replace(release("v2"), smoke=(Smoke("web", "/docs", body="v2"),))
    serving.roll_out(two)
    assert serving.version() == "v2"
    journal = serving.sh(f"cat {FOLDER}/journal.jsonl")
    assert journal.count(f'"action": "smoke {two.id}", "') == 4  # begun and done, twice
