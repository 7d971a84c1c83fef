"""A server that hears no more of its rollout comes to an end by itself."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from lab import servers, waiting
from slipway.rollout.context import RolloutContext
from slipway.rollout.release import Release
from slipway.rollout.state import Retention
from slipway.rollout.two_phase_commit import Decision
from tests.agent.host import FOLDER, AgentHost, release

LEASE = 2.0  # seconds
PATIENCE = 20.0  # seconds


def settled(host: AgentHost) -> str:
    """The version that serves once no rollout is under way any more."""
    limit = time.monotonic() + PATIENCE
    while (status := host.status()).phase != "idle":
        assert time.monotonic() < limit, status
        time.sleep(0.2)
    return str(status.serving.version)


def leave_after(host: AgentHost, wanted: Release, *steps: str, **changes: Any) -> None:
    """Nobody comes back after the last step; until the others a busy machine takes its time."""
    for step in steps:
        last = {"lease": LEASE} if step == steps[-1] else {}
        done = host.call(step, wanted, **{**changes, **last})
        assert done.code == 0, done.progress


@pytest.mark.parametrize("weight", [5, 100])
def test_a_trial_that_nobody_ends_is_taken_back_without_a_failed_request(
    serving: AgentHost, weight: int
) -> None:
    two = release("v2")
    with serving.load() as load:
        leave_after(serving, two, "pull", "start", "switch", weight=weight)
        assert settled(serving) == "v1"
    assert load.failures == []
    assert load.versions["v2"] > 0
    assert serving.problems() == []
    late = serving.call("prepare", two)
    assert late.code == 1
    assert "this rollout has already ended on this server (aborted)" in late.error


def test_a_server_that_has_confirmed_and_knows_of_no_other_commits_by_itself(
    serving: AgentHost,
) -> None:
    two = release("v2")
    leave_after(serving, two, "pull", "start", "switch", "prepare")
    assert settled(serving) == "v2"
    assert serving.call("commit", two).code == 0


def test_a_server_that_has_confirmed_waits_for_a_peer_that_it_cannot_reach(
    serving: AgentHost,
) -> None:
    two = release("v2")
    alone = RolloutContext("", "alone", {"other": "10.88.0.250:80"})
    leave_after(serving, two, "pull", "start", "switch", "prepare", context=alone)
    time.sleep(LEASE + 4)
    assert serving.status().phase == "prepared"
    refused = serving.start(release("v3"))
    assert refused.code == 1
    assert "its outcome is not known yet" in refused.error
    assert serving.call("resolve", decision=Decision.ABORT).code == 0
    assert serving.version() == "v1"


def test_a_server_that_lost_its_power_serves_the_committed_release_and_goes_back(
    serving: AgentHost,
) -> None:
    leave_after(serving, release("v2"), "pull", "start", "switch")
    servers.power_off(serving.server)
    servers.power_on(serving.server)
    time.sleep(LEASE)
    assert serving.version() == "v1"
    assert settled(serving) == "v1"  # cron has brought the watchdog back
    assert serving.problems() == []


def test_a_clock_that_is_set_ahead_ends_no_lease(serving: AgentHost) -> None:
    assert serving.start(release("v2"), lease=600.0).code == 0
    record = serving.sh(f"cat {FOLDER}/lock.json")
    wall = record.partition('"wall": ')[2].partition("}")[0]
    servers.run(
        serving.server,
        f'sed -i \'s/"wall": {wall}/"wall": 1.0/\' /home/deploy/{FOLDER}/lock.json',
    )
    time.sleep(2)
    assert serving.status().phase == "started"


def test_an_abort_ends_a_step_that_is_still_waiting(serving: AgentHost) -> None:
    never = release("v2", UNREADY="1", deadline=60)
    outcome = []
    staging = threading.Thread(target=lambda: outcome.append(serving.start(never)))
    staging.start()
    assert waiting.until(lambda: serving.status().phase == "starting", PATIENCE)
    began = time.monotonic()
    assert serving.call("abort", never).answer.result.vote == "aborted"
    assert time.monotonic() - began < 10
    staging.join()
    assert outcome[0].code == 1
    assert "interrupted" in outcome[0].error
    assert serving.status().phase == "idle"


def test_a_warm_release_runs_on_until_its_time_is_over(serving: AgentHost) -> None:
    one, two = release("v2", worker=True), release("v3")
    serving.roll_out(one)
    serving.roll_out(two, retention=Retention(1, 6.0))
    assert serving.status().warm
    assert set(serving.containers().values()) == {"running", "exited"}  # its worker rests

    def old() -> set[str]:
        return {state for name, state in serving.containers().items() if one.id[:8] in name}

    assert waiting.until(lambda: old() == {"exited"}, PATIENCE, poll=0.5), old()
    assert not serving.status().warm


def test_a_person_keeps_rollouts_away(serving: AgentHost) -> None:
    kept = serving.call("lock", owner="ann by hand", reason="replacing a disk", seconds=None)
    assert kept.code == 0
    refused = serving.start(release("v2"))
    assert refused.code == 1
    assert "locked by ann by hand since" in refused.error
    assert "replacing a disk" in refused.error
    assert serving.call("unlock").code == 0
    assert serving.start(release("v2")).code == 0
