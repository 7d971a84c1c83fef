from __future__ import annotations

from unittest.mock import Mock

import pytest

from lab import waiting


def test_it_ends_as_soon_as_the_condition_is_true() -> None:
    answers = iter([False, False, True, True])
    assert waiting.until(lambda: next(answers), limit=60, poll=0)
    assert list(answers) == [True]


def test_a_condition_is_checked_once_even_without_any_time() -> None:
    assert waiting.until(lambda: True, limit=0)


def test_a_condition_that_stays_false_is_given_up_at_the_limit() -> None:
    condition = Mock(return_value=False)
    assert not waiting.until(condition, limit=0.05, poll=0.01)
    assert condition.call_count > 1


def test_an_error_ends_the_wait() -> None:
    with pytest.raises(ZeroDivisionError):
        waiting.until(lambda: bool(1 / 0), limit=60)
