"""A constant load of requests, every one of which counts."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

CLIENTS = 8  # of each server: one in two keeps its connection
TIMEOUT = 5.0  # seconds for one request
LINGER = 0.3  # seconds: what the last step did shows in the requests after it
LIMIT = 900.0  # seconds after which a load that nobody ended ends by itself


@dataclass
class Result:
    """What one server answered."""

    address: str
    answers: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    """Number of requests by what came of them: `2xx` to `5xx`, or the name of the error."""
    latencies: list[float] = field(default_factory=list)
    """Seconds of every request."""
    moments: list[tuple[float, str]] = field(default_factory=list)
    """When each good answer was complete (as `time.time()`), and its version."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.answers / self.seconds if self.seconds else 0.0

    @property
    def versions(self) -> Counter[str]:
        """Number of good answers by the version that gave them."""
        return Counter(version for _, version in self.moments)


class Load:
    """`rate` requests a second to each address, from entering to leaving the context.

    Each of the `clients` of an address waits for its answer before it asks again.
    """

    def __init__(self, addresses: Sequence[str], *, rate: float, clients: int = CLIENTS) -> None:
        self._results = {address: Result(address) for address in addresses}
        self._rate, self._pause = rate, clients / rate
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._began = 0.0
        self._threads = [
            threading.Thread(target=self._client, args=(result, number), daemon=True)
            for result in self._results.values()
            for number in range(clients)
        ]

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(LINGER)
        self._over.set()
        for thread in self._threads:
            thread.join(2 * TIMEOUT)
        for result in self._results.values():
            result.seconds = time.monotonic() - self._began

    def results(self) -> list[Result]:
        """By server, what came of the requests."""
        return list(self._results.values())

    @property
    def failures(self) -> list[str]:
        """Of all servers."""
        return [failure for result in self.results() for failure in result.failures]

    @property
    def versions(self) -> Counter[str]:
        """Number of good answers of all servers by the version that gave them."""
        return sum((result.versions for result in self.results()), Counter())

    def _client(self, result: Result, number: int) -> None:
        """One client, whose requests lie evenly between those of the others."""
        connection = http.client.HTTPConnection(result.address, timeout=TIMEOUT)
        keep = number % 2 == 0
        due = self._began + number / self._rate
        while not self._over.wait(max(0.0, due - time.monotonic())):
            if time.monotonic() - self._began > LIMIT:
                return
            began = time.monotonic()
            kind, failure, version = request(connection, keep)
            with self._lock:
                result.answers += 1
                result.kinds[kind] += 1
                result.latencies.append(time.monotonic() - began)
                if failure:
                    result.failures.append(failure)
                else:
                    result.moments.append((time.time(), version))
            due += self._pause


def request(connection: http.client.HTTPConnection, keep: bool) -> tuple[str, str, str]:
    """What came of one request: its kind, the failure and the version, one of the two empty."""
    try:
        connection.request("GET", "/version", headers={} if keep else {"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read()
        kind = f"{answer.status // 100}xx"
        if answer.status != http.client.OK:
            return kind, f"{answer.status} {body[:80]!r}", ""
        return kind, "", str(json.loads(body)["version"])
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
        connection.close()
        return type(error).__name__, f"{type(error).__name__}: {error}", ""


def percentile(ordered: Sequence[float], share: int) -> float:
    """The value that `share` percent of an ordered sequence do not exceed; 0 of none."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] if ordered else 0.0
