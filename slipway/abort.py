"""How a rollout that failed is brought to one outcome on all servers, at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.agents import ask_agents
from slipway.deployment.requests import RolloutRequests
from slipway.errors import SlipwayError
from slipway.protocol.answers import AbortAnswer, RolloutAnswer
from slipway.rollout.release import Release
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import Decision, Vote, decide
from slipway.ssh import Host

TIMEOUT = 120.0  # seconds; a server that needs longer comes to the same outcome by itself


@dataclass(frozen=True)
class Ending:
    """What became of the rollout on one server."""

    result: RolloutAnswer | None  # None where the server did not answer
    fault: str = ""  # why it did not
    aborted: AbortAnswer | None = None  # where it went back

    @property
    def vote(self) -> Vote:
        return self.result.vote if self.result else Vote.UNKNOWN

    @property
    def story(self) -> str:
        """What the server serves now, in a few words."""
        if self.result is None:
            return f"not reached ({self.fault}); it comes to the same outcome when its lease ends"
        if self.vote is Vote.PREPARED:
            return "on the new release, until the others' votes are known (or: slipway resolve)"
        if self.result.serving is None:
            return "serves nothing, as before"
        verb = "committed" if self.vote is Vote.COMMITTED else "rolled back to"
        return f"{verb} {self.result.serving}"


def abort(hosts: Sequence[Host], requests: RolloutRequests, release: Release) -> dict[str, Ending]:
    """Make all servers of a rollout go back, or commit where all are prepared already.

    A prepared server goes back only once another one has: see `slipway.rollout.two_phase_commit`.
    """

    def go_back(*, peer_aborted: bool) -> Callable[[str], Any]:
        return lambda server: requests.abort(server, release, peer_aborted=peer_aborted)

    ends = _ask(Step.ABORT, hosts, requests, go_back(peer_aborted=False))
    decision = decide([each.vote for each in ends.values()])
    waiting = [host for host in hosts if ends[host.name].vote is Vote.PREPARED]
    if waiting and decision is Decision.COMMIT:
        ends |= _ask(Step.COMMIT, waiting, requests, lambda name: requests.commit(name, release))
    elif waiting and decision is Decision.ABORT:
        ends |= _ask(Step.ABORT, waiting, requests, go_back(peer_aborted=True))
    return ends


def story(ends: Mapping[str, Ending]) -> str:
    """In one line what each server serves now."""
    told: dict[str, list[str]] = {}
    for name, each in ends.items():
        told.setdefault(each.story, []).append(name)
    return "; ".join(f"{', '.join(names)}: {what}" for what, names in told.items())


def causes(ends: Mapping[str, Ending]) -> str:
    """In one line what failed, as the servers report it; empty where none knows of a fault."""
    reports = {name: each.aborted.incident for name, each in ends.items() if each.aborted}
    return "; ".join(
        f"{name}, {report.step}: {report.fault.what}" for name, report in reports.items() if report
    )


def _ask(
    step: Step, hosts: Sequence[Host], requests: RolloutRequests, request: Callable[[str], Any]
) -> dict[str, Ending]:
    asked = {host.name: request(host.name) for host in hosts}
    answers = ask_agents(requests.installation, step, hosts, asked, timeout=TIMEOUT)
    return {name: _ending(answer) for name, answer in answers.items()}


def _ending(answer: RolloutAnswer | AbortAnswer | SlipwayError) -> Ending:
    if isinstance(answer, SlipwayError):
        return Ending(None, fault=answer.what)
    if isinstance(answer, AbortAnswer):
        return Ending(answer.result, aborted=answer)
    return Ending(answer)
