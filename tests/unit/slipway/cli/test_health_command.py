"""What `slipway health` shows of what the servers found."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from slipway import agents
from slipway.cli import slipway
from slipway.protocol.answers import DiagnoseAnswer, Finding
from slipway.protocol.messages import read_request, write_answer
from slipway.protocol.requests import DiagnoseRequest, Target
from slipway.rollout.step import Step
from slipway.ssh import Answer, Host

ONE = Target("shop", "live", "one")
GOOD = (
    Finding("web-1", "container", True, "running"),
    Finding("web-1", "ready", True, "http"),
    Finding("proxy", "proxy", True, "running"),
)
BAD = (*GOOD, Finding("web-1", "smoke", False, "GET /docs answered 500"))

pytestmark = pytest.mark.usefixtures("pulumi_cli")


class Server:
    """The stack's one server; records what it is asked, and answers as given."""

    def __init__(self) -> None:
        self.answer = found(*GOOD)
        self.requests: list[Any] = []

    def ask(
        self, hosts: Sequence[Host], command: str, *, stdin: Mapping[str, str], timeout: float
    ) -> Mapping[str, Answer]:
        assert command == "python3 .slipway/shop/live/agent diagnose"
        assert (timeout, [host.name for host in hosts]) == (120, ["one"])
        self.requests.append(read_request(Step.DIAGNOSE, stdin["one"]))
        return {"one": self.answer}


def found(*findings: Finding) -> Answer:
    return Answer(0, write_answer(DiagnoseAnswer(findings)), "")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    it = Server()
    monkeypatch.setattr(agents, "ask", it.ask)
    return it


def run(*options: str) -> Result:
    return CliRunner().invoke(slipway, ["health", "-s", "live", *options])


def test_a_part_that_is_well_is_one_line(server: Server) -> None:
    done = run()
    assert done.exit_code == 0
    assert [re.split(r"\s{2,}", line.strip()) for line in done.stdout.splitlines()] == [
        ["server", "part", "health"],
        ["one", "web-1", "ok (running, http)"],
        ["one", "proxy", "ok (running)"],
    ]
    assert server.requests == [DiagnoseRequest(ONE, service="", minutes=5.0)]


def test_what_is_wrong_is_told_and_fails(server: Server) -> None:
    server.answer = found(*BAD)
    done = run()
    assert done.exit_code == 1
    assert "smoke: GET /docs answered 500" in done.stdout
    assert "ok (running, http)" not in done.stdout
    assert "ok (running)" in done.stdout, "what is well stays so"


def test_one_service_can_be_asked_for(server: Server) -> None:
    run("--service", "web; reboot", "--minutes", "0")
    assert server.requests == [DiagnoseRequest(ONE, service="web; reboot", minutes=0.0)]


def test_programs_get_every_finding(server: Server) -> None:
    server.answer = found(*BAD)
    done = run("--json")
    assert done.exit_code == 1
    (listed,) = json.loads(done.stdout)
    assert (listed["server"], listed["ok"]) == ("one", False)
    assert "error" not in listed
    assert listed["findings"][3] == {
        "part": "web-1", "check": "smoke", "ok": False, "detail": "GET /docs answered 500",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(255, "", "Permission denied (publickey)."), "it rejects the SSH key"),
        (
            Answer(1, "", "python3: can't open file '/home/deploy/.slipway/shop/live/agent'"),
            "Run `pulumi up`, which installs the agent",
        ),
        (Answer(1, "", "one: diagnose: no release serves here yet"), "no release serves here yet"),
        (Answer(2, "", ""), "it exited with 2 without a message"),
        (Answer(0, "hello", ""), "it is not JSON"),
    ],
)
def test_a_server_that_cannot_tell_is_not_well(server: Server, answer: Answer, said: str) -> None:
    server.answer = answer
    done = run()
    assert done.exit_code == 1
    assert re.search(r"^one +- +unknown", done.stdout, re.MULTILINE)
    assert said in " ".join(done.stdout.split())
    (listed,) = json.loads(run("--json").stdout)
    assert (listed["ok"], said in listed["error"], listed["findings"]) == (False, True, [])
