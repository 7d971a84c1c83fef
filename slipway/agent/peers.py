"""What the other servers of a rollout say of it, asked through their proxies."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.agent.proxy_front import VOTE_PATH
from slipway.agent.side_by_side import side_by_side
from slipway.release.accord import ABORTED, COMMITTED, CONFIRMED, TENTATIVE, UNKNOWN

TIMEOUT = 3.0  # seconds
AT_ONCE = 100  # 300 silent peers take 9 s, during which other steps wait for the lock
WORDS = {TENTATIVE, CONFIRMED, COMMITTED, ABORTED}


def ask(peers: Mapping[str, str], ballot: str) -> dict[str, str]:
    """The word of each peer by name; UNKNOWN for one that cannot be reached or talks nonsense.

    `peers` holds the "host:port" of each proxy.
    """
    words = side_by_side(lambda address: _word(address, ballot), peers.values(), AT_ONCE)
    return dict(zip(peers, words))


def _word(address: str, ballot: str) -> str:
    import http.client  # long to read, and most calls of the agent ask nobody

    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=TIMEOUT)
    try:
        connection.request("GET", VOTE_PATH + ballot, headers={"Connection": "close"})
        answer = connection.getresponse()
        word = answer.read(64).decode("ascii", "replace").strip() if answer.status == 200 else ""
    except (OSError, http.client.HTTPException):
        word = ""
    finally:
        connection.close()
    return word if word in WORDS else UNKNOWN
