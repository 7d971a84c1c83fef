"""How likely chance alone is to explain a count."""

from __future__ import annotations

import math


def at_least(hits: int, tries: int, share: float) -> float:
    """The probability of `hits` or more in `tries` that each hit with probability `share`.

    The upper tail of the binomial distribution, summed from `hits` on until what is left cannot
    change the sum.
    """
    if hits <= 0 or share >= 1:
        return 1.0
    if hits > tries or share <= 0:
        return 0.0
    if hits <= tries * share:  # below the mean the other tail is the short one
        return 1.0 - at_least(tries - hits + 1, tries, 1 - share)
    term = math.exp(
        math.lgamma(tries + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(tries - hits + 1)
        + hits * math.log(share)
        + (tries - hits) * math.log1p(-share)
    )
    total, odds = 0.0, share / (1 - share)
    for hit in range(hits, tries + 1):
        total += term
        if term < total * 1e-12:
            break
        term *= (tries - hit) / (hit + 1) * odds
    return min(1.0, total)
