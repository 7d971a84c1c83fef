"""What servers answer, and what a wrong answer is told as."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slipway.errors import SlipwayError
from slipway.observe import servers
from slipway.observe.status import Status
from slipway.protocol.answers import AccessoryReport, StatusAnswer
from slipway.protocol.installation import Installation
from slipway.protocol.messages import read_request, write_answer
from slipway.protocol.requests import StatusRequest, Target
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import Phase
from slipway.rollout.step import Step
from slipway.ssh import Answer, Host
from tests.unit.slipway.observe.sample import LIFE, NOTED, NOTHING, NOW, REPORT, SERVING, reply

INSTALLATION = Installation("shop", "staging")
HOSTS = {name: Host(name, f"10.0.0.{n}", f"ssh-ed25519 {name}") for n, name in enumerate("ab")}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The answers by host, to be set; then also what was asked."""
    told: dict[str, Any] = {}

    def ask(hosts: Any, command: str, **options: Any) -> Mapping[str, Answer]:
        told["asked"] = ([host.name for host in hosts], command, options)
        return {host.name: told[host.name] for host in hosts}

    monkeypatch.setattr(servers, "ask", ask)
    return told


def statuses() -> dict[str, Status]:
    return servers.statuses(INSTALLATION, HOSTS, clock_skew=5)


def test_a_server_tells_what_it_runs(asked: dict[str, Any]) -> None:
    asked["a"], asked["b"] = reply(), NOTHING
    assert statuses() == {
        "a": Status(
            "a",
            life=NOTED,
            agent="0123456789ab",
            epoch=2,
            phase=Phase.SWITCHED,
            serving=SERVING,
            previous=None,
            warm=True,
            context=RolloutContext("nothing", "r0llout", {}),
            ran=("da7a/setup",),
            problems=("web-1: exited (137)",),
            warnings=("a certificate ends",),
            accessories={"redis": AccessoryReport("new", 1, "", "")},
            others=(),
        ),
        "b": Status("b", life=LIFE),
    }


def test_all_servers_are_asked_at_once_each_as_itself(asked: dict[str, Any]) -> None:
    asked["a"], asked["b"] = NOTHING, NOTHING
    statuses()
    names, command, options = asked["asked"]
    assert (names, command) == (["a", "b"], servers.query(INSTALLATION))
    assert {name: read_request(Step.STATUS, text) for name, text in options["stdin"].items()} == {
        name: StatusRequest(Target("shop", "staging", name)) for name in ("a", "b")
    }


@pytest.mark.parametrize("answer", [NOTHING, reply(noted="")], ids=["no agent", "no note"])
def test_a_server_without_an_agent_or_its_note_has_the_life_that_is_found_there(
    answer: Answer, asked: dict[str, Any]
) -> None:
    asked["a"], asked["b"] = answer, reply()
    assert {name: each.life for name, each in statuses().items()} == {"a": LIFE, "b": NOTED}


def test_an_agent_that_was_lost_leaves_a_server_in_the_life_that_is_found_there(
    asked: dict[str, Any],
) -> None:
    asked["a"], asked["b"] = reply(None), NOTHING
    assert statuses()["a"] == Status("a", life=LIFE)


@pytest.mark.parametrize("report", [REPORT, None], ids=["with an agent", "without one"])
def test_other_environments_of_the_application_are_seen(
    report: StatusAnswer | None, asked: dict[str, Any]
) -> None:
    states = " ".join(f".slipway/shop/{each}/state.json" for each in ("live", "staging", "test"))
    asked["a"], asked["b"] = reply(report, states=states), NOTHING
    found = statuses()
    assert found["a"].others == ("live", "test")
    assert found["b"].others == ()


def test_every_server_that_cannot_be_used_is_named_at_once(asked: dict[str, Any]) -> None:
    asked["a"] = Answer(255, "", "Connection refused")
    asked["b"] = Answer(0, "Welcome!", "")
    with pytest.raises(SlipwayError) as error:
        statuses()
    first, second = str(error.value).splitlines()
    assert re.match(r"servers/a .*the connection to its SSH port was refused", first)
    assert re.match(r"servers/b: it answered 'Welcome!' instead of its status", second)


def test_a_server_that_cannot_be_used_hides_no_other(asked: dict[str, Any]) -> None:
    asked["a"], asked["b"] = reply(), Answer(255, "", "Connection refused")
    found, faults = servers.query_servers(INSTALLATION, HOSTS, clock_skew=5)
    assert (list(found), list(faults)) == (["a"], ["b"])
    assert faults["b"].where == "servers/b (deploy@10.0.0.1:22)"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Welcome!\n" + NOTHING.stdout,
        "Welcome!" + NOTHING.stdout,
        NOTHING.stdout.replace(LIFE, ""),
        NOTHING.stdout.replace(f"{NOW:.0f}", "today"),
        "\n".join(NOTHING.stdout.split("\n")[:3]),
    ],
    ids=["nothing", "a line before", "text before", "no life", "no clock", "cut off"],
)
def test_an_answer_of_another_form_is_an_error(text: str, asked: dict[str, Any]) -> None:
    asked["a"], asked["b"] = replace(NOTHING, stdout=text), NOTHING
    with pytest.raises(SlipwayError, match=r"servers/a: it answered .* instead of its status"):
        statuses()


@pytest.mark.parametrize(
    ("agent", "fault"),
    [
        ("hello", "it is not JSON"),
        ("{}", "it has no protocol number"),
        ('{"protocol": 9, "answer": {}}', "it has protocol 9 instead of 2"),
        (write_answer(REPORT).replace('"epoch": 2', '"epoch": "2"'), "epoch: text instead of"),
    ],
)
def test_a_report_that_cannot_be_read_is_an_error_and_not_an_empty_server(
    agent: str, fault: str, asked: dict[str, Any]
) -> None:
    asked["a"], asked["b"] = reply(agent=agent), NOTHING
    with pytest.raises(
        SlipwayError, match=f"servers/a: the status of its agent cannot be read: .*{fault}"
    ):
        statuses()


def test_an_agent_that_fails_is_told_by_its_own_last_line(asked: dict[str, Any]) -> None:
    asked["a"], asked["b"] = Answer(1, "", "reading\na: status: state.json cannot be read"), NOTHING
    with pytest.raises(SlipwayError, match=r"servers/a: a: status: state\.json cannot be read"):
        statuses()


@pytest.mark.parametrize(("off", "told"), [(5, 0), (-6, 0), (6, 6), (-7, -6)])
def test_a_clock_that_is_too_far_off_is_refused(off: int, told: int, asked: dict[str, Any]) -> None:
    """It tells whole seconds: one that is six behind may be five and a half."""
    asked["a"], asked["b"] = reply(clock=NOW + off), NOTHING
    if not told:
        assert statuses()
    else:
        with pytest.raises(
            SlipwayError,
            match=re.escape(f"servers/a: its clock differs from this machine's by {told:+d} s"),
        ):
            statuses()


def test_a_server_that_keeps_the_others_waiting_does_not_make_their_clocks_wrong(
    asked: dict[str, Any],
) -> None:
    asked["a"], asked["b"] = (
        NOTHING,
        replace(reply(clock=NOW + 30), sent=NOW + 30, arrived=NOW + 30),
    )
    assert set(statuses()) == {"a", "b"}


def test_an_answer_that_takes_long_says_nothing_against_the_clock(asked: dict[str, Any]) -> None:
    for off in (0, 10, 20):
        asked["a"] = replace(reply(clock=NOW + off), arrived=NOW + 20)
        asked["b"] = NOTHING
        assert set(statuses()) == {"a", "b"}


class Home:
    """A deploy user's home, in which the query is run for real."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.installation = folder / ".slipway" / "shop" / "staging"

    def agent(self, program: str) -> None:
        """Installs an agent that is this program, which has run once, as the real one has.

        Python writes its bytecode into the agent's folder then, and changes the folder.
        """
        unpacked = self.installation / "agent-1"
        unpacked.mkdir(parents=True)
        (unpacked / "__main__.py").write_text(program)
        (self.installation / "agent").symlink_to("agent-1")
        self.query()

    def query(self) -> Answer:
        """The answer as this program has it from OpenSSH."""
        done = subprocess.run(
            ["/bin/sh", "-c", servers.query(INSTALLATION)], cwd=self.folder, input="the request",
            capture_output=True, text=True, timeout=20, check=False,
            env={"PATH": os.defpath, "HOME": str(self.folder)},
        )  # fmt: skip
        return Answer(done.returncode, done.stdout, done.stderr, arrived=time.time())

    @property
    def life(self) -> str:
        answer = self.query()
        assert (answer.code, answer.stderr) == (0, "")
        return answer.stdout.splitlines()[1]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


ANSWERS = f"import sys; assert sys.argv[1:] == ['status']; print({write_answer(REPORT)!r})"


def status(asked: dict[str, Any], answer: Answer) -> Status:
    """How this program understands one server's answer."""
    asked["a"] = answer
    return servers.statuses(INSTALLATION, {"a": HOSTS["a"]}, clock_skew=5)["a"]


def test_the_query_works_on_a_server_that_has_nothing(home: Home, asked: dict[str, Any]) -> None:
    answer = home.query()
    assert (answer.code, answer.stderr) == (0, "")
    found = status(asked, answer)
    assert found == Status("a", life=home.life), "a preview and its update disagree"
    assert re.fullmatch("[0-9a-f]{12}", found.life)
    assert list(home.folder.iterdir()) == [], "the query changes nothing"


def test_the_query_tells_what_the_agent_answers_and_the_life_that_was_noted(
    home: Home, asked: dict[str, Any]
) -> None:
    home.agent(ANSWERS)
    (home.installation / "installed").write_text(NOTED)
    assert status(asked, home.query()) == Status.of("a", NOTED, REPORT)


def test_the_agent_is_given_the_request(home: Home) -> None:
    home.agent("import sys; print(sys.stdin.read())")
    assert home.query().stdout.endswith("the request\n")


@pytest.mark.parametrize(
    "program",
    ["import sys; sys.exit('a: status: state.json cannot be read')", "no python"],
    ids=["it refuses", "it breaks"],
)
def test_an_agent_that_fails_makes_the_whole_query_fail(
    program: str, home: Home, asked: dict[str, Any]
) -> None:
    home.agent(program)
    answer = home.query()
    assert answer.code == 1
    with pytest.raises(SlipwayError, match=r"^servers/a: "):
        status(asked, answer)


def test_the_query_sees_every_environment_that_has_a_state(
    home: Home, asked: dict[str, Any]
) -> None:
    for application, environment in (("shop", "staging"), ("shop", "live"), ("blog", "test")):
        folder = home.folder / ".slipway" / application / environment
        folder.mkdir(parents=True)
        (folder / "state.json").write_text("{}")
    (home.folder / ".slipway" / "shop" / "empty").mkdir()
    assert status(asked, home.query()).others == ("live",)


def test_a_server_that_loses_its_agent_begins_another_life_every_time(home: Home) -> None:
    lives = [home.life]
    home.installation.mkdir(parents=True)
    for number in (1, 2):
        (home.installation / "agent-1").mkdir()
        lives.append(home.life)
        home.installation.rename(home.folder / f"lost-{number}")  # another inode: clocks may stand
        home.installation.mkdir()
        lives.append(home.life)
    assert len(set(lives)) == len(lives)


def test_a_preview_and_its_update_see_the_same_life(home: Home) -> None:
    home.agent(ANSWERS)
    time.sleep(1.1)  # a life tells moments by whole seconds
    previewed = home.life
    assert home.life == previewed
