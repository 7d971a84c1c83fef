"""Send a typed request to the agent on each server and read its typed answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.errors import SlipwayError
from slipway.protocol.installation import Installation
from slipway.protocol.messages import read_answer, write_request
from slipway.rollout.step import Step
from slipway.ssh import SSH_FAILED, Answer, Host, ask, unreachable


def ask_agents(
    installation: Installation,
    step: Step,
    hosts: Sequence[Host],
    requests: Mapping[str, Any],
    *,
    timeout: float,
) -> dict[str, Any]:
    """By server, the step's answer or a SlipwayError.

    `requests` has the request by server; `timeout` is in seconds, for all of one server's session.
    """
    texts = {name: write_request(request) for name, request in requests.items()}
    answers = ask(hosts, installation.command(step), stdin=texts, timeout=timeout)
    return {host.name: _answer(step, host, answers[host.name]) for host in hosts}


def _answer(step: Step, host: Host, answer: Answer) -> Any:
    try:
        return read_answer(step, checked(host, answer).stdout)
    except SlipwayError as error:
        return error


def checked(host: Host, answer: Answer) -> Answer:
    """The answer of a command that succeeded. Raises SlipwayError that says why it did not."""
    if answer.ok:
        return answer
    if answer.code == SSH_FAILED:
        raise unreachable(host, answer)
    lines = answer.stderr.strip().splitlines() or [
        f"it exited with {answer.code} without a message"
    ]
    missing = "can't find '__main__' module" in lines[-1] or "can't open file" in lines[-1]
    remedy = "Run `pulumi up`, which installs the agent" if missing else ""
    raise SlipwayError(lines[-1], where=f"servers/{host.name}", remedy=remedy)
