"""What a person tells all servers at once: keep rollouts away, let them in, decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from slipway import agents
from slipway.cli import slipway
from slipway.errors import SlipwayError
from slipway.observe import servers
from slipway.protocol.answers import LockAnswer, ResolveAnswer
from slipway.protocol.messages import read_request, write_answer
from slipway.protocol.requests import LockRequest, ResolveRequest, Target, UnlockRequest
from slipway.rollout.state import Phase
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import Decision
from slipway.ssh import Answer, Host
from tests.unit.slipway.observe.sample import REPORT, reply

ONE = Target("shop", "live", "one")
AGENT = "python3 .slipway/shop/live/agent"
LOCKED = Answer(0, write_answer(LockAnswer(None, None)), "")
RESOLVED = Answer(0, write_answer(ResolveAnswer(Phase.IDLE, None)), "")

pytestmark = pytest.mark.usefixtures("pulumi_cli")


class Server:
    """The stack's one server, in a phase; records what it is asked, and answers as given."""

    def __init__(self) -> None:
        self.answer = LOCKED
        self.phase = Phase.IDLE
        self.requests: list[Any] = []

    def status(self, hosts: Sequence[Host], command: str, **_: Any) -> Mapping[str, Answer]:
        answer = reply(replace(REPORT, phase=self.phase), states="")
        return {host.name: answer for host in hosts}

    def ask(
        self, hosts: Sequence[Host], command: str, *, stdin: Mapping[str, str], timeout: float
    ) -> Mapping[str, Answer]:
        agent, _, step = command.rpartition(" ")
        assert (agent, timeout, [host.name for host in hosts]) == (AGENT, 60, ["one"])
        self.requests.append(read_request(Step(step), stdin["one"]))
        return {"one": self.answer}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    it = Server()
    monkeypatch.setattr(agents, "ask", it.ask)
    monkeypatch.setattr(servers, "ask", it.status)
    return it


def run(*arguments: str) -> Result:
    return CliRunner().invoke(slipway, [*arguments, "-s", "live"])


def test_a_lock_says_who_why_and_for_how_long(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ann")
    monkeypatch.setattr("socket.gethostname", lambda: "desk")
    done = run("lock", "-m", "a new disk", "--for", "2h")
    assert (done.exit_code, done.stdout) == (0, "one: lock done\n")
    assert server.requests == [LockRequest(ONE, "ann@desk", "a new disk", 7200.0)]


def test_a_lock_without_a_time_lasts_until_it_is_given_back(server: Server) -> None:
    assert run("lock", "-m", "a new disk").exit_code == 0
    assert server.requests[0].seconds is None
    assert run("unlock").stdout == "one: unlock done\n"
    assert server.requests[1] == UnlockRequest(ONE)


def test_a_server_that_refuses_is_named_with_its_reason(server: Server) -> None:
    server.answer = Answer(1, "", "progress\nlocked by bob")
    done = run("lock", "-m", "why")
    assert isinstance(done.exception, SlipwayError)
    assert str(done.exception) == "servers/one: locked by bob"


def test_an_answer_that_cannot_be_read_is_an_error(server: Server) -> None:
    server.answer = Answer(0, "Welcome!", "")
    done = run("unlock")
    assert isinstance(done.exception, SlipwayError)
    assert "it is not JSON" in str(done.exception)


@pytest.mark.parametrize("decision", list(Decision)[:2])
def test_a_decision_is_told_to_a_server_that_waits_for_one(
    decision: Decision, server: Server
) -> None:
    server.phase, server.answer = Phase.PREPARED, RESOLVED
    done = run("resolve", "--end", decision.value)
    assert (done.exit_code, done.stdout) == (0, "one: resolve done\n")
    assert server.requests == [ResolveRequest(ONE, decision)]


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.SWITCHED])
def test_a_server_that_waits_for_no_decision_is_told_none(phase: Phase, server: Server) -> None:
    server.phase = phase
    refused = run("resolve", "--end", "commit")
    assert "live: no server is prepared" in str(refused.exception)
    assert server.requests == []


def test_waiting_is_no_decision(server: Server) -> None:
    assert run("resolve", "--end", "wait").exit_code == 2
    assert server.requests == []
