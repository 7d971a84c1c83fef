"""What servers answer, and what a wrong answer is told as."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from slipway import fleet
from slipway.errors import SlipwayError
from slipway.release.status import Accessory, Running, Status
from slipway.remote import Answer, Host
from tests.unit.slipway.settings import sample

HOSTS = {name: Host(name, f"10.0.0.{n}", f"ssh-ed25519 {name}") for n, name in enumerate("ab")}
NOW = 1_790_000_000.0
SERVING = {
    "release": "aaaaaaaaaaaa", "version": "v1", "images": {"web": "shop@sha256:1"}, "since": NOW,
}  # fmt: skip
REPORT = {
    "agent": "0123456789ab", "epoch": 2, "phase": "idle", "serving": SERVING, "previous": None,
    "warm": True, "basis": {"line": "nothing"}, "problems": ["web-1: exited (137)"],
    "accessories": {"redis": {"basis": "new", "starts": 1, "problem": ""}},
}  # fmt: skip


def reply(**changes: Any) -> Answer:
    found = {"installed": "life-1", "life": "life-0", "clock": int(NOW), "status": None, **changes}
    return Answer(0, json.dumps(found), "", arrived=NOW)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The answers by host, to be set; then also what was asked."""
    told: dict[str, Any] = {}

    def ask(hosts: Any, command: str, **options: Any) -> Mapping[str, Answer]:
        told["asked"] = ([host.name for host in hosts], command, options)
        return {host.name: told[host.name] for host in hosts}

    monkeypatch.setattr(fleet, "ask", ask)
    return told


def statuses() -> dict[str, Status]:
    return fleet.statuses("shop", HOSTS, clock_skew=5)


def test_a_server_tells_what_it_runs(asked: dict[str, Any]) -> None:
    asked["a"], asked["b"] = reply(status=REPORT), reply()
    assert statuses()["a"] == Status(
        "a",
        life="life-1",
        agent="0123456789ab",
        epoch=2,
        serving=Running("aaaaaaaaaaaa", "v1", {"web": "shop@sha256:1"}, NOW),
        warm=True,
        basis={"line": "nothing"},
        problems=("web-1: exited (137)",),
        accessories={"redis": Accessory("new", 1)},
    )
    names, command, options = asked["asked"]
    assert (names, command) == (["a", "b"], fleet.QUERY)
    assert options["stdin"] == dict.fromkeys("ab", '{"application": "shop"}')


def test_a_server_without_an_agent_or_its_note_has_the_life_that_is_found_there(
    asked: dict[str, Any],
) -> None:
    asked["a"], asked["b"] = reply(), reply(installed="", status=REPORT)
    found = statuses()
    assert found["a"] == Status("a", life="life-0")
    assert found["b"].life == "life-0"


def test_the_answer_of_an_older_agent_is_understood(asked: dict[str, Any]) -> None:
    older: dict[str, Any] = {**REPORT, "basis": "v1, rollout 2"}
    for later in ("warm", "accessories"):
        del older[later]
    asked["a"], asked["b"] = reply(status=older), reply(status={**REPORT, "basis": None})
    found = statuses()
    assert (found["a"].basis, found["a"].warm, found["a"].accessories) == (None, False, {})
    assert found["b"].basis is None


def test_every_server_that_cannot_be_used_is_named_at_once(asked: dict[str, Any]) -> None:
    asked["a"] = Answer(255, "", "Connection refused")
    asked["b"] = Answer(0, "Welcome!", "")
    with pytest.raises(SlipwayError) as error:
        statuses()
    first, second = str(error.value).splitlines()
    assert re.match(r"servers/a .*nothing listens on its SSH port", first)
    assert re.match(r"servers/b: it answered 'Welcome!' instead of its status", second)


def test_a_server_that_cannot_be_used_hides_no_other(asked: dict[str, Any]) -> None:
    asked["a"], asked["b"] = reply(status=REPORT), Answer(255, "", "Connection refused")
    found, faults = fleet.survey("shop", HOSTS, clock_skew=5)
    assert (list(found), list(faults)) == (["a"], ["b"])
    assert faults["b"].where == "servers/b (deploy@10.0.0.1:22)"


@pytest.mark.parametrize(("off", "fine"), [(5, True), (-5, True), (6, False), (-6, False)])
def test_a_clock_that_is_too_far_off_is_refused(
    off: int, fine: bool, asked: dict[str, Any]
) -> None:
    asked["a"], asked["b"] = reply(clock=int(NOW) + off), reply()
    if fine:
        assert statuses()
    else:
        with pytest.raises(
            SlipwayError, match=re.escape(f"servers/a: its clock is {off:+d} s off")
        ):
            statuses()


def test_a_server_that_keeps_the_others_waiting_does_not_make_their_clocks_wrong(
    asked: dict[str, Any],
) -> None:
    late = {"installed": "life-1", "life": "life-0", "clock": int(NOW) + 30, "status": None}
    asked["a"], asked["b"] = reply(), Answer(0, json.dumps(late), "", arrived=NOW + 30)
    assert set(statuses()) == {"a", "b"}


def queried(home: Path) -> Any:
    """What the query prints in a deploy user's home."""
    done = subprocess.run(
        ["sh", "-c", fleet.QUERY], cwd=home, input='{"application": "shop"}',
        capture_output=True, text=True, timeout=10, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_the_query_works_on_a_server_that_has_nothing(tmp_path: Path) -> None:
    answer = queried(tmp_path)
    assert (answer["installed"], answer["status"]) == ("", None)
    assert re.fullmatch("[0-9a-f]{12}", answer["life"])
    assert queried(tmp_path)["life"] == answer["life"], "a preview and its update disagree"


def test_a_server_that_loses_its_agent_begins_another_life_every_time(tmp_path: Path) -> None:
    lives = [queried(tmp_path)["life"]]
    agent = tmp_path / fleet.FOLDER / "agent-1.pyz"
    agent.parent.mkdir()
    for time in (1, 2):
        agent.touch()
        lives.append(queried(tmp_path)["life"])
        agent.unlink()
        agent.parent.rename(tmp_path / f"lost-{time}")  # another inode: the clock may stand still
        agent.parent.mkdir()
        lives.append(queried(tmp_path)["life"])
    assert len(set(lives)) == len(lives)


def test_an_action_is_one_call_of_the_agent() -> None:
    assert fleet.agent_command("stage") == "python3 .slipway/agent.pyz stage"


def test_servers_reach_each_other_by_their_private_addresses(tmp_path: Path) -> None:
    text = f"""
servers:
  one: {{host: shop.example.org, host_key: {sample.KEY}}}
  two: {{host: 203.0.113.2, host_key: {sample.OTHER_KEY}, private_address: 10.0.0.2}}
proxy: {{http_port: 8080}}
application: {{accessories: {{postgres: null}}}}
"""
    found = fleet.proxies(sample.settings(sample.project(tmp_path), text))
    assert found == {"one": "shop.example.org:8080", "two": "10.0.0.2:8080"}


def test_an_ipv6_address_is_set_apart_from_its_port(tmp_path: Path) -> None:
    text = 'servers: {one: {host: "2001:db8::1"}}'
    found = fleet.proxies(sample.settings(sample.project(tmp_path), text))
    assert found == {"one": "[2001:db8::1]:80"}
