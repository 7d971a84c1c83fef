"""Durations and sizes mean what people expect, and are written as people write them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.settings.quantity import (
    LARGEST,
    parse_duration,
    parse_size,
    write_duration,
    write_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("2s", 2.0),
        ("1.5m", 90.0),
        ("24h", 86400.0),
        ("30", 30.0),
        (30, 30.0),
        (0.1, 0.1),
        ("0s", 0.0),
    ],
)
def test_a_duration_is_read_in_seconds(text: object, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "10 m", "-1s", "1d", "1m30s", "1e3", "٣s", True, None, []]
)
def test_what_is_no_duration_is_refused_with_the_rule(text: object) -> None:
    with pytest.raises(ValueError, match=r"must be a duration \(number with ms, s, m or h;"):
        parse_duration(text)


def test_a_duration_of_more_than_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="must be at most 24h"):
        parse_duration("86400001ms")


@given(st.integers(min_value=0, max_value=86_400_000))
def test_a_duration_written_and_read_again_is_the_same(milliseconds: int) -> None:
    assert parse_duration(write_duration(milliseconds / 1000)) == milliseconds / 1000


@given(st.integers(0, 86_400), st.sampled_from([("s", 1), ("m", 60), ("h", 3600)]))
def test_a_unit_multiplies(number: int, unit: tuple[str, int]) -> None:
    name, factor = unit
    if number * factor <= 86_400:
        assert parse_duration(f"{number}{name}") == number * factor


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(600, "10m"), (0.25, "250ms"), (90, "90s"), (0, "0s"), (3600, "1h"), (0.0001, "0.0001s")],
)
def test_a_duration_is_written_in_its_largest_whole_unit(seconds: float, text: str) -> None:
    assert write_duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500M", 500 * 1024**2),
        ("1.5G", 3 * 512 * 1024**2),
        ("1K", 1024),
        ("7", 7),
        (7, 7),
        ("1T", 1024**4),
    ],
)
def test_a_size_is_read_in_powers_of_1024(text: object, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "5 M", "-1", "5m", "5MB", "1e3", True, None, {}])
def test_what_is_no_size_is_refused_with_the_rule(text: object) -> None:
    with pytest.raises(ValueError, match=r"must be a size \(number with K, M, G or T,"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "rule"), [("1.5", "a whole number of bytes"), ("2000T", "at most 1024T")]
)
def test_a_size_that_cannot_be_is_refused(text: str, rule: str) -> None:
    with pytest.raises(ValueError, match=f"must be {rule}"):
        parse_size(text)


@given(st.integers(min_value=0, max_value=LARGEST))
def test_a_size_written_and_read_again_is_the_same(size: int) -> None:
    assert parse_size(write_size(size)) == size


@given(st.integers(1, 1023), st.sampled_from("KMGT"))
def test_a_whole_size_is_written_as_it_was(number: int, unit: str) -> None:
    if Fraction(number) * parse_size(f"1{unit}") <= LARGEST:
        assert write_size(parse_size(f"{number}{unit}")) == f"{number}{unit}"
