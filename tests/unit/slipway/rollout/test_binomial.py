"""The tail of the binomial distribution, held against the sum that defines it."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.rollout.binomial import at_least


def defined(hits: int, tries: int, share: Fraction) -> Fraction:
    terms = (comb(tries, k) * share**k * (1 - share) ** (tries - k) for k in range(hits, tries + 1))
    return sum(terms, start=Fraction(0))


@given(st.integers(0, 60), st.data(), st.fractions(0, 1, max_denominator=1000))
def test_it_is_the_sum_that_defines_it(tries: int, data: st.DataObject, share: Fraction) -> None:
    hits = data.draw(st.integers(0, tries))
    expected = float(defined(hits, tries, share))
    assert at_least(hits, tries, float(share)) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 10_000_000), st.data(), st.floats(0, 1))
def test_it_is_a_probability_that_more_hits_never_raise(
    tries: int, data: st.DataObject, share: float
) -> None:
    near = round(tries * share)
    hits = data.draw(st.integers(max(0, near - 50), min(tries, near + 50)))
    chance = at_least(hits, tries, share)
    assert 0 <= chance <= 1
    assert at_least(hits + 1, tries, share) <= chance + 1e-6


def test_a_million_requests_take_no_noticeable_time() -> None:
    assert at_least(10_400, 1_000_000, 0.01) < 0.001
    assert at_least(10_000, 1_000_000, 0.01) == pytest.approx(0.5, abs=0.01)
