"""Bring a failed rollout to one outcome on all servers, concurrently."""

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

TIMEOUT = 120.0  # seconds; a server that needs longer reaches the same outcome by itself


@dataclass(frozen=True)
class AbortOutcome:
    """The outcome of the rollout on one server."""

    result: RolloutAnswer | None  # None where the server did not answer
    fault: str = ""  # why it did not
    aborted: AbortAnswer | None = None  # where it went back

    @property
    def vote(self) -> Vote:
        return self.result.vote if self.result else Vote.UNKNOWN

    @property
    def summary(self) -> str:
        """What the server serves now, in a few words."""
        if self.result is None:
            return f"not reached ({self.fault}); it reaches the same outcome when its lease expires"
        if self.vote is Vote.PREPARED:
            return "prepared on the new release, waiting for the others' votes (slipway resolve)"
        if self.result.serving is None:
            return "serves nothing, as before"
        verb = "committed" if self.vote is Vote.COMMITTED else "rolled back to"
        return f"{verb} {self.result.serving}"


def abort(
    hosts: Sequence[Host], requests: RolloutRequests, release: Release
) -> dict[str, AbortOutcome]:
    """Make all servers of a rollout go back, or commit where all are prepared already.

    A prepared server goes back only once another one has: see `slipway.rollout.two_phase_commit`.
    """

    def go_back(*, peer_aborted: bool) -> Callable[[str], Any]:
        return lambda server: requests.abort(server, release, peer_aborted=peer_aborted)

    outcomes = _ask(Step.ABORT, hosts, requests, go_back(peer_aborted=False))
    decision = decide([each.vote for each in outcomes.values()])
    waiting = [host for host in hosts if outcomes[host.name].vote is Vote.PREPARED]
    if waiting and decision is Decision.COMMIT:
        outcomes |= _ask(
            Step.COMMIT, waiting, requests, lambda name: requests.commit(name, release)
        )
    elif waiting and decision is Decision.ABORT:
        outcomes |= _ask(Step.ABORT, waiting, requests, go_back(peer_aborted=True))
    return outcomes


def summary(outcomes: Mapping[str, AbortOutcome]) -> str:
    """What each server serves now, in one line."""
    servers: dict[str, list[str]] = {}
    for name, each in outcomes.items():
        servers.setdefault(each.summary, []).append(name)
    return "; ".join(f"{', '.join(names)}: {what}" for what, names in servers.items())


def causes(outcomes: Mapping[str, AbortOutcome]) -> str:
    """What failed, as the servers report it, in one line; empty if none reports a fault."""
    reports = {name: each.aborted.incident for name, each in outcomes.items() if each.aborted}
    return "; ".join(
        f"{name}, {report.step}: {report.fault.what}" for name, report in reports.items() if report
    )


def _ask(
    step: Step, hosts: Sequence[Host], requests: RolloutRequests, request: Callable[[str], Any]
) -> dict[str, AbortOutcome]:
    asked = {host.name: request(host.name) for host in hosts}
    answers = ask_agents(requests.installation, step, hosts, asked, timeout=TIMEOUT)
    return {name: _outcome(answer) for name, answer in answers.items()}


def _outcome(answer: RolloutAnswer | AbortAnswer | SlipwayError) -> AbortOutcome:
    if isinstance(answer, SlipwayError):
        return AbortOutcome(None, fault=answer.what)
    if isinstance(answer, AbortAnswer):
        return AbortOutcome(answer.result, aborted=answer)
    return AbortOutcome(answer)
