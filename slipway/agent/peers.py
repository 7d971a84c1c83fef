"""The votes of the other servers of a rollout, requested through their proxies."""

from __future__ import annotations

import http.client
from collections.abc import Mapping

from slipway.agent.deadline import BoundedConnection, Deadline
from slipway.agent.haproxy.frontend import VOTE_PATH
from slipway.agent.parallel import in_parallel
from slipway.rollout.two_phase_commit import Vote

TIMEOUT = 3.0  # seconds
AT_ONCE = 100  # with 300 unreachable peers it takes 9 s, while other steps wait for the lock
LONGEST = 16 * 1024  # bytes of an answer, with its headers


def ask(peers: Mapping[str, str], transaction: str) -> dict[str, Vote]:
    """The vote of each peer by name; UNKNOWN without a valid answer.

    `peers` has the "host:port" of each proxy.
    """
    votes = in_parallel(lambda address: _vote(address, transaction), peers.values(), AT_ONCE)
    return dict(zip(peers, votes))


def _vote(address: str, transaction: str) -> Vote:
    host, _, port = address.rpartition(":")
    deadline = Deadline(TIMEOUT, most=LONGEST)
    connection = BoundedConnection(host.strip("[]"), int(port), deadline)
    try:
        connection.request("GET", VOTE_PATH + transaction, headers={"Connection": "close"})
        answer = connection.getresponse()
        text = answer.read() if answer.status == http.client.OK else b""
        return Vote(text.decode("ascii", "replace").strip())
    except (OSError, http.client.HTTPException, ValueError):
        return Vote.UNKNOWN
    finally:
        connection.close()
