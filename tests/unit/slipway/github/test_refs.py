from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.github.refs import covered, covers

REFS = st.from_regex(r"[a-z][a-z0-9.-]{0,8}(/[a-z0-9.-]{1,8}){0,2}", fullmatch=True)


@pytest.mark.parametrize(
    ("pattern", "other"),
    [("v*", "v*"), ("*", "v*"), ("v*", "v1.*"), ("**", "release/*"), ("release/*", "release/*")],
)
def test_a_pattern_admits_what_is_as_narrow(pattern: str, other: str) -> None:
    assert covers(pattern, other)


@pytest.mark.parametrize(
    ("pattern", "other"),
    [("v1.*", "v*"), ("*", "release/*"), ("v*", "main"), ("v", "v*"), ("v.", "vx"), ("v*.0", "v*")],
)
def test_a_pattern_does_not_admit_what_is_wider_or_other(pattern: str, other: str) -> None:
    assert not covers(pattern, other)


@given(REFS)
def test_every_ref_admits_itself_and_is_admitted_by_two_stars(ref: str) -> None:
    assert covers(ref, ref)
    assert covers("**", ref)


@given(REFS)
def test_one_star_stops_at_a_slash(ref: str) -> None:
    assert covers("*", ref) == ("/" not in ref)


def test_one_pattern_of_several_is_enough() -> None:
    assert covered(["main", "v*"], "v*")
    assert not covered([], "v*")
