from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab import servers
from slipway.protocol.answers import AccessoryReport
from slipway.protocol.requests import AccessoryDefinition
from slipway.rollout.release import Health, Limits
from tests.agent.host import AGENT, AgentHost, Result, digest, release

KILLED = 255  # OpenSSH's own, for a command that a signal ended
HARNESS = f"""
import os, signal, sys
sys.path.insert(0, os.path.realpath('{AGENT}'))
from slipway.agent.engine.client import Engine
from slipway.agent.__main__ import main

count, call = int(sys.argv[1]), Engine.call

def kill(self, method, path, **options):
    global count
    if method != "GET":
        if count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        count -= 1
    return call(self, method, path, **options)

Engine.call = kill
sys.exit(main(sys.argv[2:]))
"""


def run(host: AgentHost, *, command_line: str = "", **changes: Any) -> Result:
    definition = AccessoryDefinition(
        name="redis",
        image=digest("redis", "7"),
        port=6379,
        publish_address=None,
        volumes={"data": "/data"},
        command=("redis-server", "--appendonly", "yes"),
        environment={},
        secrets=("TOKEN",),
        health=Health(kind="command", command=("redis-cli", "ping"), deadline=20.0),
        limits=Limits(),
        stop_grace=5.0,
    )
    return host.call(
        "accessory",
        command=command_line,
        accessory=replace(definition, **changes),
        secrets={"TOKEN": "s3cret"},
        context="planned",
    )


def seen(host: AgentHost) -> AccessoryReport:
    """What the next plan is made from."""
    report: AccessoryReport = host.status().accessories["redis"]
    return report


def names(host: AgentHost) -> list[str]:
    """Of all containers, running or not."""
    return host.sh("docker ps --all --format '{{.Names}}'").split()


def stored(host: AgentHost) -> str:
    return host.sh("docker exec shop-redis redis-cli get order").strip()


def test_an_accessory_is_started_once_and_then_left_alone(host: AgentHost) -> None:
    assert run(host).answer.changed is True
    before = host.sh("docker inspect --format '{{.Id}}' shop-redis")
    assert run(host).answer.changed is False
    assert host.sh("docker inspect --format '{{.Id}}' shop-redis") == before


def test_a_changed_definition_keeps_the_data(host: AgentHost) -> None:
    run(host)
    host.sh("docker exec shop-redis redis-cli set order 42")
    changed = run(host, environment={"MODE": "other"})
    assert changed.answer.changed is True
    assert stored(host) == "42"
    assert names(host) == ["shop-redis"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"limits": Limits(cpus=10000.0)}, "CPUs"),  # refused when it is created
        ({"publish_address": "203.0.113.9"}, "203.0.113.9"),  # and when it is started
    ],
    ids=["created", "started"],
)
def test_where_the_engine_refuses_the_change_the_one_before_runs_on(
    host: AgentHost, change: dict[str, Any], told: str
) -> None:
    run(host)
    host.sh("docker exec shop-redis redis-cli set order 42")
    before = host.sh("docker inspect --format '{{.Id}}' shop-redis")
    done = run(host, **change)
    assert done.code == 1
    assert told in done.error
    assert host.sh("docker inspect --format '{{.Id}}' shop-redis") == before
    assert stored(host) == "42"
    assert names(host) == ["shop-redis"]


def test_the_one_before_comes_back_where_the_change_does_not_get_well(host: AgentHost) -> None:
    run(host)
    host.sh("docker exec shop-redis redis-cli set order 42")
    before = host.sh("docker inspect --format '{{.Id}}' shop-redis")
    done = run(host, command=("redis-server", "--nonsense", "yes"))
    assert done.code == 1
    assert "the one from before runs again" in done.error
    assert host.sh("docker inspect --format '{{.Id}}' shop-redis") == before
    assert stored(host) == "42"
    assert names(host) == ["shop-redis"]


def test_a_change_that_was_killed_is_completed_by_the_next_call(host: AgentHost) -> None:
    servers.run(host.server, "cat > /opt/harness.py", stdin=HARNESS)
    run(host)
    host.sh("docker exec shop-redis redis-cli set order 42")
    for count in range(12):
        mode = {"MODE": f"number {count}"}
        killed = run(host, environment=mode, command_line=f"python3 /opt/harness.py {count}")
        assert killed.code in (KILLED, 0), killed.progress
        assert run(host, environment=mode).code == 0
        assert stored(host) == "42"
        assert names(host) == ["shop-redis"]
        assert "MODE=number" in host.sh("docker exec shop-redis env")
        if killed.code == 0:
            break
    assert count >= 5


def test_a_change_that_was_killed_is_taken_back_by_a_call_for_the_one_before(
    host: AgentHost,
) -> None:
    servers.run(host.server, "cat > /opt/harness.py", stdin=HARNESS)
    run(host)
    host.sh("docker exec shop-redis redis-cli set order 42")
    for count in range(2, 6):
        killed = run(
            host, environment={"MODE": "x"}, command_line=f"python3 /opt/harness.py {count}"
        )
        assert killed.code == KILLED
        assert run(host).code == 0
        assert stored(host) == "42"
        assert names(host) == ["shop-redis"]


def test_a_stopped_accessory_is_started_again(host: AgentHost) -> None:
    run(host)
    host.sh("docker stop shop-redis")
    assert run(host).answer.changed is True


def test_an_accessory_that_does_not_become_ready_is_an_error_with_its_log(host: AgentHost) -> None:
    done = run(host, command=("redis-server", "--nonsense", "yes"))
    assert done.code == 1
    assert "accessory: redis" in done.error
    assert "redis | " in done.progress


def test_a_change_that_did_not_become_ready_shows_until_one_does(host: AgentHost) -> None:
    data = run(host).answer.data
    assert seen(host) == AccessoryReport("planned", 1, data, "")
    never = Health(kind="command", command=("false",), deadline=2.0)
    assert run(host, environment={"MODE": "bad"}, health=never).code == 1
    unfinished = "its last step did not finish"
    assert seen(host) == AccessoryReport("planned", 2, data, unfinished)
    assert run(host).code == 0
    assert seen(host) == AccessoryReport("planned", 3, data, "")


def test_an_accessory_is_not_touched_while_somebody_holds_the_server(host: AgentHost) -> None:
    run(host)
    assert host.call("lock", owner="bob", reason="moving house", seconds=None).code == 0
    held = run(host, environment={"MODE": "other"})
    assert held.code == 1
    assert "locked by bob" in held.error
    assert host.call("unlock").code == 0
    assert run(host).answer.changed is False


def test_services_reach_it_by_its_name_and_a_rollout_leaves_it_alone(host: AgentHost) -> None:
    run(host)
    before = host.sh("docker inspect --format '{{.Id}}' shop-redis")
    host.roll_out(release("v1"))
    host.roll_out(release("v2"))
    web = f"shop-web-{release('v2').id[:8]}-1"
    reach = "import socket; socket.create_connection((\\'redis\\', 6379), 2)".replace("\\'", '"')
    host.sh(f"docker exec {web} python3 -c '{reach}'")
    assert host.sh("docker inspect --format '{{.Id}}' shop-redis") == before
