"""Latencies in bounded memory."""

from __future__ import annotations

import math
from collections import Counter

GROWTH = 1.04  # of one bucket to the next: a percentile is accurate to 2 %
LEAST, MOST = 0.0005, 3600.0  # seconds; values outside count as these. HAProxy measures in ms.


class Histogram:
    """Counts of latencies in buckets whose bounds grow by 4 %, 403 of them at most.

    A percentile is the nearest rank (the smallest value that at least that share of the values does
    not exceed), given as the middle of its bucket: at most 2 % above or below the true one.
    """

    def __init__(self) -> None:
        self.count = 0
        self._buckets: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        self.count += 1
        self._buckets[_bucket(seconds)] += 1

    def percentile(self, share: float) -> float:
        """Seconds that this share (0 to 1) of all values does not exceed; 0 when there are none."""
        left = max(1, math.ceil(round(share * self.count, 9)))
        for bucket in sorted(self._buckets):
            left -= self._buckets[bucket]
            if left <= 0:
                return _middle(bucket)
        return 0.0

    def above(self, seconds: float) -> int:
        """How many values exceed this one; those in its own bucket do not."""
        own = _bucket(seconds)
        return sum(number for bucket, number in self._buckets.items() if bucket > own)


def _bucket(seconds: float) -> int:
    return math.floor(math.log(min(MOST, max(LEAST, seconds)) / LEAST) / math.log(GROWTH))


def _middle(bucket: int) -> float:
    return LEAST * math.pow(GROWTH, bucket + 0.5)
