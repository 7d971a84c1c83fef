from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from slipway.github import names
from slipway.github.drift import environment_generation, generations, parse_time, unmanaged_policies
from slipway.github.observe import ObservedEnvironment, Reviewers
from slipway.github.rules import environment_rules
from tests.unit.slipway.github.sample import NOBODY, settings

OURS = "2026-01-31 12:00:00 +0000 UTC"
SAME, LATER = "2026-01-31T12:00:00Z", "2026-01-31T12:00:01Z"
ADA = Reviewers(frozenset({1}))


def environment(reviewers: Reviewers = NOBODY, *policies: tuple[str, str]) -> ObservedEnvironment:
    numbers = {policy: number for number, policy in enumerate(policies)}
    return ObservedEnvironment(reviewers, numbers, secrets={}, variables=frozenset())


@pytest.mark.parametrize("text", [OURS, SAME, "2026-01-31T13:00:00+01:00"])
def test_a_time_is_read_as_github_and_as_the_provider_write_it(text: str) -> None:
    assert parse_time(text) == datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_what_nobody_else_has_written_keeps_its_generation() -> None:
    assert generations({"KEY": 2.0}, {"KEY": OURS}, {"KEY": SAME}) == {"KEY": 2}


@pytest.mark.parametrize("theirs", [{"KEY": LATER}, {}])
def test_what_was_overwritten_or_removed_is_written_again(theirs: dict[str, str]) -> None:
    assert generations({}, {"KEY": OURS}, theirs) == {"KEY": 1}
    assert generations({"KEY": 1}, {"KEY": OURS}, theirs) == {"KEY": 2}


def test_a_secret_whose_time_the_provider_missed_is_left_alone() -> None:
    assert generations({}, {"KEY": ""}, {"KEY": LATER}) == {"KEY": 0}


@pytest.mark.parametrize(
    ("wanted", "found", "generation"),
    [
        (ADA, environment(ADA), 3),
        (NOBODY, environment(), 3),
        (ADA, environment(), 4),
        (NOBODY, None, 4),
        # The provider sees these by itself.
        (ADA, environment(Reviewers(frozenset({2}))), 3),
    ],
)
def test_an_environment_without_its_reviewers_is_written_again(
    wanted: Reviewers, found: ObservedEnvironment | None, generation: int
) -> None:
    assert environment_generation(3, wanted, found) == generation


def test_what_others_let_in_is_told(folder: Path) -> None:
    rules = environment_rules(*settings(folder, "environment: {tags: ['v*']}"))
    found = environment(NOBODY, ("tag", "v*"), ("branch", "*"), ("tag", "old-*"))
    kept = {names.policy("production", "tag", "old-*")}  # this very update removes it
    assert list(unmanaged_policies("production", rules, found, kept)) == ["branch *"]
