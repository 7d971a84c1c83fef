"""Waiting for a condition, with a limit."""

from __future__ import annotations

from collections.abc import Callable
from operator import not_
from typing import Final

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

POLL: Final = 0.2  # seconds


def until(condition: Callable[[], bool], limit: float, poll: float = POLL) -> bool:
    """Whether the condition becomes true within `limit` seconds; checked every `poll` seconds.

    It is checked at least once. What the condition raises ends the wait.
    """
    return Retrying(
        retry=retry_if_result(not_),
        wait=wait_fixed(poll),
        stop=stop_after_delay(limit),
        retry_error_callback=lambda _: False,
    )(condition)
