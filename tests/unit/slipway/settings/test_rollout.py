"""How a release replaces another is said in few words, and a slip in one is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.settings.rollout import CENTURY, UNTIL_NEXT, Rollout, parse_weights
from tests.unit.slipway.settings.sample import faults, settings


@pytest.mark.parametrize(
    ("batch", "servers", "size"),
    [(1, 3, 1), (2, 3, 2), (5, 3, 3), ("50%", 3, 1), ("50%", 4, 2), ("1%", 3, 1), ("100%", 3, 3)],
)
def test_a_batch_is_between_one_server_and_all(batch: int | str, servers: int, size: int) -> None:
    assert Rollout(batch=batch).batch_size(servers) == size


def test_servers_are_taken_one_after_the_other_unless_it_is_said(folder: Path) -> None:
    rollout = settings(folder).rollout
    assert (rollout.strategy, rollout.batch, rollout.pause, rollout.bake) == ("rolling", 1, 0, 30)
    assert (rollout.canary.weights, rollout.canary.hold) == ((5, 25, 50, 100), 300)
    assert (rollout.warm, rollout.warm_seconds) == (None, 0)


def test_a_canary_is_written_as_percentages_and_a_time(folder: Path) -> None:
    text = "rollout: {strategy: canary, canary: {weights: [1, 10, 100], hold: 2m}, warm: 1h}"
    rollout = settings(folder, text).rollout
    assert (rollout.canary.weights, rollout.canary.hold) == ((1, 10, 100), 120)
    assert rollout.warm_seconds == 3600


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("strategy", "all-at-once", "must be one of `rolling`, `blue-green`, `canary`"),
        ("strategy", "blue_green", "Did you mean `blue-green`?"),
        ("batch", "0", "must be a number of servers from 1, or a percentage"),
        ("batch", "101%", "must be a number of servers from 1, or a percentage"),
        ("batch", "0%", "must be a number of servers from 1, or a percentage"),
        ("batch", "true", "must be a number of servers from 1, or a percentage"),
        ("warm", "soon", 'must be a duration, or "next": until the next release'),
        ("warm", "-1s", 'must be a duration, or "next": until the next release'),
        ("canary/weights", "[]", "must be percentages that grow from at least 1 up to 100"),
        ("canary/weights", "[5, 50]", "must be percentages that grow from at least 1 up to 100"),
        ("canary/weights", "[50, 5, 100]", "must be percentages that grow from"),
        ("canary/weights", "[5, 5, 100]", "must be percentages that grow from at least 1"),
        ("canary/weights", "[0, 100]", "must be percentages that grow from at least 1"),
        ("canary/weights", "[5.5, 100]", "must be percentages that grow from at least 1"),
        ("canary/weights", "[true, 100]", "must be percentages that grow from at least 1"),
        ("canary/weights", "[5%, 100]", "must be percentages that grow from at least 1"),
        ("canary/weights", "100", "must be percentages that grow from at least 1 up to 100"),
        ("canary/hold", "long", "must be a duration"),
        ("canary/weight", "[100]", "unknown key. Did you mean `weights`?"),
    ],
)
def test_a_slip_is_told_with_its_place_and_the_rule(
    key: str, value: str, rule: str, folder: Path
) -> None:
    outer, _, inner = key.partition("/")
    text = f"{{{outer}: {{{inner}: {value}}}}}" if inner else f"{{{outer}: {value}}}"
    (told,) = faults(folder, f"rollout: {text}")
    assert told.startswith(f"staging/rollout/{key}: ")
    assert rule in told


@given(st.sets(st.integers(1, 99)))
def test_percentages_that_grow_to_all_are_weights(shares: set[int]) -> None:
    growing = [*sorted(shares), 100]
    assert parse_weights(growing) == tuple(growing)


@pytest.mark.parametrize(
    ("strategy", "warm", "seconds"),
    [
        ("rolling", None, 0),
        ("canary", None, 0),
        ("blue-green", None, CENTURY),
        ("blue-green", 60.0, 60),
        ("blue-green", 0.0, 0),
        ("canary", UNTIL_NEXT, CENTURY),
    ],
)
def test_the_release_before_stays_warm_after_a_blue_green_switch_or_where_it_is_said(
    strategy: str, warm: float | str | None, seconds: float
) -> None:
    assert Rollout.model_validate({"strategy": strategy, "warm": warm}).warm_seconds == seconds
