"""The results of the requests that were made during rollouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from lab.load import Result, percentile

LEAST_RATE: Final = 200.0  # requests a second to each server: below, the load proves nothing
SHOWN_FAILURES: Final = 5

Moments = Sequence[tuple[float, str]]


@dataclass
class Traffic:
    """The results of one or more rollouts, one for each server in each rollout."""

    results: list[Result] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Number of requests."""
        return sum(result.answers for result in self.results)

    @property
    def failures(self) -> list[str]:
        """One for each failed request."""
        return [f"{each.address}: {failure}" for each in self.results for failure in each.failures]

    @property
    def kinds(self) -> dict[str, int]:
        """Number of requests by kind of result."""
        return dict(sum((result.kinds for result in self.results), Counter[str]()))

    @property
    def slowest_rate(self) -> float:
        """Requests a second to the server that got the fewest."""
        return min((result.rate for result in self.results), default=0.0)

    def milliseconds(self, share: int) -> float:
        """The time that `share` percent of the requests did not exceed."""
        seconds = sorted(latency for result in self.results for latency in result.latencies)
        return 1000 * percentile(seconds, share)

    def faults(self) -> list[str]:
        """Failed requests, and whether the load was too small to show anything."""
        found = []
        if self.failures:
            shown = "; ".join(self.failures[:SHOWN_FAILURES])
            found.append(f"{len(self.failures)} of {self.requests:,} requests failed: {shown}")
        if self.slowest_rate < LEAST_RATE:
            found.append(
                f"one server got {self.slowest_rate:.0f} requests/s, less than {LEAST_RATE:.0f}:"
                " the load is too small to show anything"
            )
        return found


def handover(moments: Moments, new: str) -> float:
    """Seconds in which neither the old release alone nor the new one alone answered.

    They overlap while traffic moves, and lie apart when nobody answers in between. Raises
    ValueError when one of them never answered.
    """
    last_old = max(moment for moment, version in moments if version != new)
    first_new = min(moment for moment, version in moments if version == new)
    return abs(first_new - last_old)


def silence(moments: Moments) -> float:
    """The longest time in seconds between two good answers."""
    return max((after - before for (before, _), (after, _) in pairwise(moments)), default=0.0)


def last_answer(results: Sequence[Result], version: str) -> float:
    """When a version gave its last answer anywhere; raises ValueError when it never did."""
    return max(moment for each in results for moment, told in each.moments if told == version)
