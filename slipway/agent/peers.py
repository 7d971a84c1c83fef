"""What the other servers of a rollout say of it, asked through their proxies."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from slipway.agent.proxy_front import VOTE_PATH
from slipway.release.accord import ABORTED, COMMITTED, CONFIRMED, TENTATIVE, UNKNOWN

TIMEOUT = 3.0  # seconds
AT_ONCE = 100  # 300 silent peers take 9 s, during which other steps wait for the lock
WORDS = {TENTATIVE, CONFIRMED, COMMITTED, ABORTED}


def ask(peers: Mapping[str, str], ballot: str) -> dict[str, str]:
    """The word of each peer by name; UNKNOWN for one that cannot be reached or talks nonsense.

    `peers` holds the "host:port" of each proxy.
    """
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return dict(zip(peers, pool.map(lambda at: _word(at, ballot), peers.values())))


def _word(address: str, ballot: str) -> str:
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
