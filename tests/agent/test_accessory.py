from __future__ import annotations

from typing import Any

from tests.agent.host import AgentHost, Result, digest, release


def run(host: AgentHost, **changes: Any) -> Result:
    definition = {
        "name": "redis",
        "image": digest("redis", "7"),
        "port": 6379,
        "volumes": {"data": "/data"},
        "command": ["redis-server", "--appendonly", "yes"],
        "secrets": ["TOKEN"],
        "health": {"kind": "command", "command": ["redis-cli", "ping"], "deadline": 20},
        "stop_grace": 5,
        **changes,
    }
    return host.call("accessory", accessory=definition, secrets={"TOKEN": "s3cret"})


def test_an_accessory_is_started_once_and_then_left_alone(host: AgentHost) -> None:
    assert run(host).answer["changed"] is True
    before = host.sh("docker inspect --format '{{.Id}}' shop-redis")
    assert run(host).answer["changed"] is False
    assert host.sh("docker inspect --format '{{.Id}}' shop-redis") == before


def test_a_changed_definition_keeps_the_data(host: AgentHost) -> None:
    run(host)
    host.sh("docker exec shop-redis redis-cli set order 42")
    changed = run(host, environment={"MODE": "other"})
    assert changed.answer["changed"] is True
    assert host.sh("docker exec shop-redis redis-cli get order").strip() == "42"


def test_a_stopped_accessory_is_started_again(host: AgentHost) -> None:
    run(host)
    host.sh("docker stop shop-redis")
    assert run(host).answer["changed"] is True


def test_an_accessory_that_does_not_become_ready_is_an_error_with_its_log(host: AgentHost) -> None:
    done = run(host, command=["redis-server", "--nonsense", "yes"])
    assert done.code == 1
    assert "accessory: redis" in done.error
    assert "redis | " in done.progress


def test_an_accessory_is_not_touched_while_somebody_holds_the_server(host: AgentHost) -> None:
    run(host)
    assert host.call("lock", owner="bob", reason="moving house", seconds=None).code == 0
    held = run(host, environment={"MODE": "other"})
    assert held.code == 1
    assert "locked by bob" in held.error
    assert host.call("unlock", owner="bob").code == 0
    assert run(host).answer["changed"] is False


def test_services_reach_it_by_its_name_and_a_rollout_leaves_it_alone(host: AgentHost) -> None:
    run(host)
    before = host.sh("docker inspect --format '{{.Id}}' shop-redis")
    host.roll_out(release("v1"))
    host.roll_out(release("v2"))
    web = f"shop-web-{release('v2').id[:8]}-1"
    reach = "import socket; socket.create_connection((\\'redis\\', 6379), 2)".replace("\\'", '"')
    host.sh(f"docker exec {web} python3 -c '{reach}'")
    assert host.sh("docker inspect --format '{{.Id}}' shop-redis") == before
