from __future__ import annotations

import signal
import threading
from dataclasses import replace
from typing import Any

import httpx
import pytest

from lab import servers, waiting
from lab.engine import docker
from lab.layout import REGISTRY
from slipway.rollout.release import Health, Release
from tests.agent.host import AGENT, FOLDER, TOKEN, AgentHost, Result, digest, release


def test_a_rolling_update_and_the_way_back_fail_no_request(serving: AgentHost) -> None:
    one, two = release("v1"), release("v2")
    with serving.load() as load:
        for step in ("pull", "start", "switch", "prepare", "commit"):
            done = serving.call(step, two)
            assert done.code == 0, done.progress
            assert done.answer.switch_seconds < 1
        assert serving.version() == "v2"
        serving.roll_out(one)
        for step in ("pull", "start", "switch", "abort"):
            assert serving.call(step, two).code == 0
    assert load.failures == []
    assert load.versions["v1"] > 100
    assert load.versions["v2"] > 100
    assert serving.version() == "v1"


def test_changes_that_need_a_reload_fail_no_request_either(serving: AgentHost) -> None:
    with serving.load() as load:
        serving.roll_out(release("v2", replicas=3))
        serving.roll_out(release("v3", path="/other"))
    assert load.failures == []


def test_a_started_release_gets_no_request(serving: AgentHost) -> None:
    assert serving.start(release("v2")).answer.phase == "started"
    assert {serving.version() for _ in range(20)} == {"v1"}
    assert serving.status().candidate.version == "v2"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"CRASH": "1"}, "last line: cannot start with ***"),
        ({"UNREADY": "1"}, "GET /ready answered 503 instead of 200"),
    ],
    ids=["crashes", "never ready"],
)
def test_a_release_that_does_not_become_ready_leaves_the_server_as_it_was(
    serving: AgentHost, fault: dict[str, Any], said: str
) -> None:
    before = serving.containers()
    done = serving.start(release("v2", deadline=3, **fault))
    assert done.code == 1
    assert said in done.error
    assert done.error.startswith(f"{serving.server.name}: start: ")
    assert done.error.endswith(f"v1 ({release('v1').id}) serves")
    assert serving.containers() == before
    assert serving.problems() == []
    assert serving.version() == "v1"


TALKING = ("sh", "-c", "while :; do echo waiting; sleep 1; done")


@pytest.mark.parametrize("kind", ["http", "command"])
def test_a_health_check_that_talks_for_ever_ends_in_time(kind: str, serving: AgentHost) -> None:
    before, two = serving.containers(), release("v2", TALK_AFTER="0")
    endless = Health(kind, path="/ready", command=TALKING, timeout=1.0, deadline=3.0)
    web = replace(two.services[0], health=endless)
    done = serving.start(replace(two, services=(web,)))
    assert done.code == 1
    assert "web-1 not ready after 3 s" in done.error
    assert serving.containers() == before
    assert serving.version() == "v1"


def test_a_release_that_begins_to_talk_for_ever_gives_the_traffic_back(
    serving: AgentHost,
) -> None:
    two = release("v2", TALK_AFTER="8")
    assert serving.start(two).code == 0
    done = serving.call("switch", two, bake=60.0)
    assert done.code == 1
    assert "timed out, after it was ready" in done.error
    assert serving.version() == "v1"


def test_an_error_shows_the_log_without_its_secrets(serving: AgentHost) -> None:
    done = serving.start(release("v2", CRASH="1"))
    assert "web-1 | cannot start with ***" in done.progress
    assert TOKEN not in done.progress
    assert TOKEN not in serving.sh(f"cat {FOLDER}/*.json*")


def test_a_release_that_fails_in_its_bake_time_gives_the_traffic_back(serving: AgentHost) -> None:
    two = release("v2", CRASH_AFTER="8")
    assert serving.start(two).code == 0
    done = serving.call("switch", two, bake=15.0)
    assert done.code == 1
    assert "after it was ready" in done.error
    assert serving.version() == "v1"
    assert set(serving.containers().values()) == {"running"}
    assert serving.status().phase == "idle"


def test_a_migration_runs_once_and_a_failed_one_shows_what_it_said(serving: AgentHost) -> None:
    good = release("v2", migration="print('moved')")
    assert serving.call("pull", good).code == 0
    assert "migration: running" in serving.call("migrate", good).progress
    again = serving.call("migrate", good)
    assert (again.code, again.answer.result.changed) == (0, False)
    bad = release("v3", migration="raise SystemExit('no such table')")
    assert serving.call("pull", bad).code == 0
    done = serving.call("migrate", bad)
    assert done.code == 1
    assert "the migration exited (1); last line: no such table" in done.error
    assert serving.version() == "v1"


def test_the_way_back_to_the_previous_release_makes_and_pulls_nothing(serving: AgentHost) -> None:
    serving.roll_out(release("v2"))
    done = serving.start(release("v1"))
    assert "creating" not in done.progress
    assert "pulling" not in done.progress
    assert serving.call("switch", release("v1")).code == 0
    assert serving.version() == "v1"


def test_who_asks_for_a_server_is_told_which_rollout_has_it(serving: AgentHost) -> None:
    assert serving.start(release("v2")).code == 0
    done = bob_locks(serving)
    assert done.code == 1
    assert "locked by test since" in done.error
    assert f"(rollout of {release('v2').id})" in done.error
    assert serving.status().candidate.version == "v2"
    assert serving.start(release("v2")).code == 0
    assert serving.call("abort", release("v2")).code == 0
    assert bob_locks(serving).code == 0
    assert serving.call("unlock").code == 0


def bob_locks(host: AgentHost, seconds: float | None = None) -> Result:
    """A person wants the server to himself."""
    return host.call("lock", owner="bob", reason="replacing a disk", seconds=seconds)


def test_an_ended_lease_is_taken_over(serving: AgentHost) -> None:
    assert bob_locks(serving, seconds=0.1).code == 0
    assert waiting.until(lambda: serving.status().lock is None, limit=20)
    serving.roll_out(release("v3"))
    assert serving.version() == "v3"


def test_a_step_that_is_told_to_end_goes_back_first(serving: AgentHost) -> None:
    def interrupt() -> None:
        assert waiting.until(lambda: serving.status().phase == "starting", limit=20)
        servers.run(serving.server, f"kill -{signal.SIGTERM} $(pgrep -f '{AGENT} [s]tart')")

    killer = threading.Thread(target=interrupt)
    killer.start()
    done = serving.start(release("v2", UNREADY="1", deadline=60))
    killer.join()
    assert done.code == 1
    assert "interrupted by SIGTERM" in done.error
    assert serving.status().phase == "idle"
    assert serving.problems() == []


def test_old_images_go_and_those_of_the_way_back_stay(
    serving: AgentHost, images: list[str]
) -> None:
    kept = [digest("base/python", "3.11"), *images]
    for number, image in enumerate(images):
        serving.roll_out(release(f"v{number + 2}", image=image))
    present = serving.sh("docker images --digests --format '{{.Repository}}@{{.Digest}}'").split()
    # v5 serves, v4 is the previous one, v3 is the one former release to be retained.
    assert [image in present for image in kept] == [False, False, True, True, True]


@pytest.fixture
def images() -> list[str]:
    """Four images that differ."""
    for number in range(4):
        tag = f"{REGISTRY}/agent-test:{number}"
        recipe = f"FROM {REGISTRY}/base/python:3.11\nLABEL number={number}\n"
        docker("build", "--quiet", "--tag", tag, "-", stdin=recipe)
        docker("push", "--quiet", tag)
        docker("rmi", tag)
    return [digest("agent-test", str(number)) for number in range(4)]


def test_a_release_survives_a_restart_of_the_engine(serving: AgentHost) -> None:
    serving.roll_out(release("v2"))
    servers.power_off(serving.server)
    servers.power_on(serving.server)
    # The proxy may be there before the release, and looks again within a second.
    assert waiting.until(lambda: serving.version() == "v2" and not serving.problems(), 30, poll=0.5)


def test_services_by_name_get_their_own_requests(host: AgentHost) -> None:
    web, worker = release("v1", worker=True).services
    named = replace(web, name="api", domains=("api.example.com",), environment={"X": "1"})
    unchecked = replace(worker, health=Health())
    host.roll_out(Release("shop", "v1", (web, named, unchecked)))
    address = f"http://{host.server.address}/"
    assert httpx.get(address, headers={"Host": "api.example.com:80"}).status_code == 200
    host.sh("docker stop $(docker ps --quiet --filter label=slipway.service=api)")

    def answer() -> tuple[int, str]:
        found = httpx.get(address, headers={"Host": "API.example.com"}, timeout=30)
        return found.status_code, found.text

    down = 503, "No release serves here at the moment."
    assert waiting.until(lambda: answer() == down, limit=20), answer()
    assert httpx.get(address).status_code == 200
