from __future__ import annotations

from pathlib import Path

import pytest

from lab import waiting
from slipway.errors import SlipwayError


def test_it_ends_as_soon_as_the_thing_has_happened() -> None:
    answers = iter([False, False, True])
    assert waiting.until(lambda: next(answers), limit=60, poll=0)
    assert list(answers) == []


def test_what_is_so_already_is_seen_without_any_time() -> None:
    assert waiting.until(lambda: True, limit=0)


def test_what_never_happens_is_given_up_at_the_limit() -> None:
    assert not waiting.until(lambda: False, limit=0.05, poll=0.01)


def test_one_process_at_a_time_has_its_turn(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with (
        waiting.turn(file, "painting the shop", limit=0),
        pytest.raises(SlipwayError, match="somebody else has been painting the shop for 0 s"),
        waiting.turn(file, "painting the shop", limit=0),
    ):
        pass
    with waiting.turn(file, "painting the shop", limit=0):
        pass
