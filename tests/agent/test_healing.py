from __future__ import annotations

from dataclasses import replace

import pytest

from lab import servers
from tests.agent.host import FOLDER, AgentHost, release

CONFIGURATION = f"/home/deploy/{FOLDER}/proxy/config/haproxy.cfg"
TELL = f"""python3 -c "
import socket
s = socket.socket(socket.AF_UNIX)
s.connect('/home/deploy/{FOLDER}/proxy/run/haproxy.sock')
s.sendall(b'set server web/a1 weight 3; set server web/b1 weight 3\\n')
s.recv(999)"
"""
DAMAGES = {
    "a killed container": ("docker kill shop-web-{id}-1", "web-1: exited (137)"),
    "a removed container": ("docker rm --force shop-web-{id}-1", "web-1: missing"),
    "a stopped container": ("docker stop shop-web-{id}-1", "web-1: exited (0)"),
    "a paused container": ("docker pause shop-web-{id}-1", "web-1: paused"),
    "a stopped proxy": ("docker stop shop-proxy", "proxy: exited (0)"),
    "a removed proxy": ("docker rm --force shop-proxy", "proxy: missing"),
    "an edited configuration": (
        f"sed -i 's/retries 3/retries 0/' {CONFIGURATION}",
        "proxy: its configuration was changed by hand",
    ),
    "moved traffic": (TELL, "proxy: its traffic was changed by hand"),
}


@pytest.mark.parametrize(("damage", "problem"), DAMAGES.values(), ids=DAMAGES)
def test_a_change_by_hand_is_seen_and_healed_in_place(
    serving: AgentHost, damage: str, problem: str
) -> None:
    one, epoch = release("v1"), serving.status().epoch
    done = servers.run(serving.server, damage.replace("{id}", one.id[:8]))
    assert done.returncode == 0, done.stderr
    assert serving.problems() == [problem]
    for step in ("pull", "start", "switch", "prepare", "commit"):
        assert serving.call(step, one).code == 0
    assert serving.problems() == []
    assert serving.version() == "v1"
    status = serving.status()
    assert (status.epoch, status.context.rollout_id) == (epoch, serving.rollouts[-1])


def test_a_healthy_server_is_left_alone(serving: AgentHost) -> None:
    before = serving.containers()
    done = serving.start(release("v1"))
    assert (done.code, done.answer.changed) == (0, False)
    assert serving.containers() == before


def test_another_proxy_image_takes_over_without_a_lost_request(serving: AgentHost) -> None:
    proxy = serving.request("pull", release("v1")).proxy
    by_tag = replace(proxy, image=proxy.image.partition("@")[0] + ":2.6")
    with serving.load() as load:
        done = serving.start(release("v1"), proxy=by_tag)
        assert done.code == 0, done.progress
        assert "replacing the proxy" in done.progress
    assert load.failures == []
    assert serving.problems() == []


def test_a_proxy_that_does_not_start_leaves_the_old_one_in_place(serving: AgentHost) -> None:
    request = serving.request("pull", release("v1"))
    broken = replace(request.proxy, image=release("v1").images["web"], http_port=81)
    before = serving.sh(f"cat {CONFIGURATION}")
    assert serving.start(release("v2"), proxy=broken).code == 1
    assert serving.version() == "v1"
    assert serving.sh(f"cat {CONFIGURATION}") == before
    assert serving.start(release("v1")).code == 0
    assert serving.problems() == []


def test_a_first_release_is_taken_back_where_there_is_no_proxy_yet(host: AgentHost) -> None:
    request = host.request("pull", release("v1"))
    nowhere = replace(request.proxy, image=request.proxy.image.rpartition("@")[0] + ":none")
    done = host.start(release("v1"), proxy=nowhere)
    assert done.code == 1
    assert "the rollback failed too" not in done.error
    assert host.status().phase == "idle"
    host.roll_out(release("v1"))
    assert host.version() == "v1"


@pytest.mark.parametrize("steps", [("pull", "start"), ("pull", "start", "switch")])
def test_a_proxy_that_is_lost_during_a_rollout_comes_back_with_the_old_release(
    steps: tuple[str, ...], serving: AgentHost
) -> None:
    two = release("v2")
    for step in steps:
        assert serving.call(step, two).code == 0
    assert servers.run(serving.server, "docker rm --force shop-proxy").returncode == 0
    done = serving.call("abort", two)
    assert done.code == 0, done.progress
    assert (serving.version(), serving.status().phase) == ("v1", "idle")
    assert serving.problems() == []


def test_the_proxy_from_before_comes_back_without_a_lost_request(serving: AgentHost) -> None:
    two, used = release("v2"), "docker inspect --format '{{.Config.Image}}' shop-proxy"
    before, proxy = serving.sh(used), serving.request("pull", two).proxy
    by_tag = replace(proxy, image=proxy.image.partition("@")[0] + ":2.6")
    with serving.load() as load:
        assert serving.start(two, proxy=by_tag).code == 0
        assert serving.sh(used) != before
        assert serving.call("abort", two).code == 0
    assert load.failures == []
    assert serving.sh(used) == before
    assert (serving.version(), serving.status().phase) == ("v1", "idle")
    assert serving.problems() == []
