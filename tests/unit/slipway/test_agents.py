"""Agents are asked over SSH by one typed request each; what comes back is an answer or an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from slipway import agents
from slipway.agents import ask_agents
from slipway.errors import SlipwayError
from slipway.protocol.answers import LockAnswer, LockReport
from slipway.protocol.installation import Installation
from slipway.protocol.requests import UnlockRequest
from slipway.rollout.step import Step
from slipway.ssh import SSH_FAILED, Answer, Host

SHOP = Installation("shop", "staging")
TAKEN = LockReport("ann@desk", "a new disk", 1.5, None)
UNLOCKED = (
    '{"protocol": 2, "answer": {"before": {"owner": "ann@desk", "reason": "a new disk",'
    ' "since": 1.5, "until": null}, "after": null}}\n'
)


class Servers:
    """Servers that answer as the test says; `asked` has how they were asked."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str], float]] = []

    def ask(
        self, hosts: Sequence[Host], command: str, *, stdin: Mapping[str, str], timeout: float
    ) -> dict[str, Answer]:
        self.asked.append((command, dict(stdin), timeout))
        return {each.name: self.answers[each.name] for each in hosts}


def unlock(monkeypatch: pytest.MonkeyPatch, **answers: Answer) -> tuple[Servers, dict[str, Any]]:
    servers = Servers(answers)
    monkeypatch.setattr(agents, "ask", servers.ask)
    hosts = [Host(name, "10.0.0.1", "ssh-ed25519 KEY") for name in answers]
    requests = {name: UnlockRequest(SHOP.target(name)) for name in answers}
    return servers, ask_agents(SHOP, Step.UNLOCK, hosts, requests, timeout=7)


def test_each_server_is_asked_by_its_own_request(monkeypatch: pytest.MonkeyPatch) -> None:
    well = Answer(0, UNLOCKED, "")
    servers, found = unlock(monkeypatch, one=well, two=well)
    target = '"target": {"application": "shop", "environment": "staging", "server": '
    requests = {
        "one": '{"protocol": 2, "request": {' + target + '"one"}}}',
        "two": '{"protocol": 2, "request": {' + target + '"two"}}}',
    }
    assert servers.asked == [("python3 .slipway/shop/staging/agent unlock", requests, 7)]
    assert found == {"one": LockAnswer(TAKEN, None), "two": LockAnswer(TAKEN, None)}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(0, "", ""), "answer: it is not JSON. Run `pulumi up`"),
        (
            Answer(0, '{"protocol": 1, "answer": {}}', ""),
            (
                "answer: it has protocol 1 instead of 2. Use the version of Slipway that"
                " deployed there"
            ),
        ),
        (
            Answer(0, '{"protocol": 2, "answer": {"before": null}}', ""),
            "answer/after: missing. Use the version of Slipway that wrote it",
        ),
        (
            Answer(1, "", "pulling shop\none: unlock: the disk is full. v1 (ab) serves\n"),
            "servers/one: one: unlock: the disk is full. v1 (ab) serves",
        ),
        (
            Answer(2, "", "python3: can't open file '/home/deploy/.slipway/shop/staging/agent'"),
            (
                "servers/one: python3: can't open file '/home/deploy/.slipway/shop/staging/agent'."
                " Run `pulumi up`, which installs the agent"
            ),
        ),
        (Answer(137, "", ""), "servers/one: it exited with 137 without a message"),
    ],
    ids=["nothing", "other protocol", "missing field", "fault", "no agent", "killed"],
)
def test_what_is_no_answer_is_the_error_of_its_server_alone(
    answer: Answer, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, found = unlock(monkeypatch, one=answer, two=Answer(0, UNLOCKED, ""))
    assert isinstance(found["one"], SlipwayError)
    assert str(found["one"]) == told
    assert found["two"] == LockAnswer(TAKEN, None)


def test_a_server_that_is_not_reached_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    _, found = unlock(monkeypatch, one=Answer(SSH_FAILED, "", "Connection refused"))
    assert isinstance(found["one"], SlipwayError)
    assert str(found["one"]) == (
        "servers/one (deploy@10.0.0.1:22): the connection to its SSH port was refused. "
        "Start sshd, or correct the host and the port"
    )
