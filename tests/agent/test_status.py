from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lab import servers, waiting
from lab.layout import REGISTRY
from tests.agent.host import AGENT, FOLDER, AgentHost, digest, release


def test_a_server_without_a_release_says_so(host: AgentHost) -> None:
    status = host.status()
    assert (status.serving, status.phase, status.epoch) == (None, "idle", 0)
    assert status.problems == ()


def test_a_server_says_what_it_runs(host: AgentHost) -> None:
    one = release("v1", replicas=2, worker=True)
    host.roll_out(one)
    status = host.status()
    assert status.serving.release == one.id
    assert status.serving.images == dict(one.images)
    assert status.context.observed == "what was"
    assert status.lock is None
    assert status.agent == host.sh(f"readlink {AGENT}").strip().removeprefix("agent-")
    assert [(c.service, c.replica, c.state) for c in status.containers] == [
        ("web", 1, "running"),
        ("web", 2, "running"),
        ("worker", 1, "running"),
    ]


def test_a_status_waits_for_no_step_that_runs(serving: AgentHost) -> None:
    held = f"exec 9> {FOLDER}/lock; flock 9; python3 {AGENT}"
    assert serving.call("status", command=held).code == 0
    refused = serving.call("commit", release("v1"), command=held)
    assert refused.code == 1
    assert "another step has been running for more than 10 s" in refused.error


def test_a_stopped_engine_is_a_problem_and_not_an_error(serving: AgentHost) -> None:
    done = serving.call("status", command=f"DOCKER_HOST=unix:///none python3 {AGENT}")
    assert done.code == 0
    assert "no answer on /none" in done.answer.problems[0]


def listens(address: str, port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((address, port)) == 0


@contextmanager
def port_80_taken(host: AgentHost) -> Iterator[None]:
    """A program that is not ours listens on port 80 of the server."""
    servers.run(host.server, "python3 -m http.server 80 > /dev/null 2>&1 &")
    try:
        assert waiting.until(lambda: listens(host.server.address, 80), limit=20)
        yield
    finally:
        servers.run(host.server, "kill $(pgrep -f '[h]ttp.server 80')")


def test_preflight_tells_every_fault_at_once_and_changes_nothing(host: AgentHost) -> None:
    missing = f"{REGISTRY}/none@sha256:{'0' * 64}"
    wanted: dict[str, Any] = {"disk_free": 1 << 60, "images": (missing,)}
    # Sorted: Docker lists images of the same second in any order.
    listing = "(find .slipway; docker images --quiet; docker network ls) | sort"
    before = host.sh(listing)
    with port_80_taken(host):
        done = host.call("preflight", release("v1"), **wanted)
    assert host.sh(listing) == before
    assert done.code == 1
    for fault in ("MiB free", "port 80 is in use", f"image {missing} cannot be pulled"):
        assert fault in done.error


def test_of_a_release_that_serves_the_faults_are_warnings(serving: AgentHost) -> None:
    wanted: dict[str, Any] = {"disk_free": 1 << 60}
    assert serving.call("preflight", release("v2"), **wanted).code == 1
    done = serving.call("preflight", release("v1"), **wanted)
    assert done.code == 0, done.progress
    (warning,) = done.answer.warnings
    assert "MiB free" in warning
    assert f"warning: {warning}" in done.progress


def test_preflight_finds_nothing_wrong_with_a_good_server(serving: AgentHost) -> None:
    wanted: dict[str, Any] = {"disk_free": 1 << 20, "images": (digest("redis", "7"),)}
    done = serving.call("preflight", release("v2"), **wanted)
    assert done.code == 0, done.progress
    assert serving.sh("docker images --quiet redis") == ""


def test_a_registry_that_is_gone_is_found_before_anything_is_staged(host: AgentHost) -> None:
    elsewhere = f"10.88.0.250:5000/shop@sha256:{'0' * 64}"
    done = host.call("preflight", release("v1"), images=(elsewhere,))
    assert done.code == 1
    assert "Check that the server can reach the registry" in done.error


def test_logs_are_bounded_and_of_one_service(serving: AgentHost) -> None:
    assert serving.call("logs", service="web", lines=5).code == 0
    done = serving.call("logs", service="nobody")
    assert done.code == 1
    assert "'nobody' has no container" in done.error
