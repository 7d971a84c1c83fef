"""The votes and leases that the servers of a rollout tell each other through their proxies."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

from slipway.agent.deadline import BoundedConnection, Deadline
from slipway.agent.haproxy.frontend import VOTE_PATH
from slipway.agent.parallel import in_parallel
from slipway.rollout.state import Phase, State
from slipway.rollout.two_phase_commit import Vote

UNTIL = "@"  # between a vote and the end of the lease
TIMEOUT = 3.0  # seconds
AT_ONCE = 100  # with 300 unreachable peers it takes 9 s, while other steps wait for the lock
LONGEST = 16 * 1024  # bytes of an answer, with its headers


@dataclass(frozen=True)
class Answer:
    """A server's vote, and until when its lease lasts if its rollout is under way."""

    vote: Vote
    until: float = 0.0  # seconds since the epoch

    def __str__(self) -> str:
        return f"{self.vote}{UNTIL}{self.until:.0f}" if self.until else str(self.vote)


def answers(state: State, until: float) -> dict[str, str]:
    """What this server answers, by transaction; `until` is the end of its lease."""
    under_way = state.candidate.transaction if state.candidate else ""
    return {
        transaction: str(Answer(vote, until if transaction == under_way else 0.0))
        for transaction, vote in state.votes.items()
    }


def ask(peers: Mapping[str, str], transaction: str) -> dict[str, Answer]:
    """The answer of each peer by name; UNKNOWN without a valid one.

    `peers` has the "host:port" of each proxy.
    """
    found = in_parallel(lambda address: _answer(address, transaction), peers.values(), AT_ONCE)
    return dict(zip(peers, found))


def go_on(state: State, now: float) -> bool:
    """Whether the rollout of this server goes on elsewhere, so that the deployer lives.

    Only what a step has set counts as a lease: servers do not keep each other waiting. `now` is in
    seconds since the epoch.
    """
    if state.candidate is None or state.phase in (Phase.IDLE, Phase.PREPARED, Phase.ABORTING):
        return False
    found = ask(state.candidate.context.peers, state.candidate.transaction).values()
    ended = any(each.vote in (Vote.ABORTED, Vote.COMMITTED) for each in found)
    return not ended and any(each.until > now for each in found)


def _answer(address: str, transaction: str) -> Answer:
    host, _, port = address.rpartition(":")
    deadline = Deadline(TIMEOUT, most=LONGEST)
    connection = BoundedConnection(host.strip("[]"), int(port), deadline)
    try:
        connection.request("GET", VOTE_PATH + transaction, headers={"Connection": "close"})
        answer = connection.getresponse()
        text = answer.read() if answer.status == http.client.OK else b""
        vote, _, until = text.decode("ascii", "replace").strip().partition(UNTIL)
        return Answer(Vote(vote), float(until or 0))
    except (OSError, http.client.HTTPException, ValueError):
        return Answer(Vote.UNKNOWN)
    finally:
        connection.close()
