"""Percentiles told to within two per cent, in memory that does not grow."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.rollout.histogram import LEAST, MOST, Histogram

latencies = st.lists(st.floats(LEAST, MOST), min_size=1, max_size=200)


def of(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@given(latencies, st.floats(0.01, 1))
def test_a_percentile_is_the_nearest_rank_to_within_two_per_cent(
    values: list[float], share: float
) -> None:
    rank = max(1, math.ceil(round(share * len(values), 9)))
    assert of(values).percentile(share) == pytest.approx(sorted(values)[rank - 1], rel=0.0201)


@given(latencies, st.floats(LEAST, MOST))
def test_what_is_above_a_value_is_never_more_than_what_exceeds_it(
    values: list[float], bound: float
) -> None:
    above = of(values).above(bound)
    assert above <= sum(value > bound for value in values)
    assert above >= sum(value > bound * 1.0401 for value in values)


def test_no_value_makes_it_larger_than_its_buckets() -> None:
    histogram = of([0.0, 1e9, -1.0, *(10 ** (n / 100) for n in range(-800, 800))])
    assert len(histogram._buckets) <= 403
    assert histogram.percentile(1) == pytest.approx(MOST, rel=0.04)


def test_nothing_has_no_percentile() -> None:
    assert Histogram().percentile(0.95) == 0
