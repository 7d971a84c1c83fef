"""Which of two versions is the newer one."""

from __future__ import annotations

import pytest

from slipway.versions import newest_first


def test_versions_follow_semantic_versioning() -> None:
    # The order that section 11 of semver.org gives as its example, and numbers as numbers.
    oldest_first = [
        *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"),
        *("1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "v1.9.0", "v1.10.0", "2.0", "v2.0.1+build.7"),
    ]
    assert newest_first(sorted(oldest_first)) == oldest_first[::-1]


@pytest.mark.parametrize(
    ("newer", "older"),
    [("v0.0.1", "nightly"), ("build-10", "build-9"), ("2026.11.21", "2026.2.3"), ("-x", "")],
)
def test_names_that_are_no_versions_come_last_and_count_as_people_do(
    newer: str, older: str
) -> None:
    assert newest_first([older, newer]) == [newer, older]
