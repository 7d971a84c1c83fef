from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.command import start
from lab.update import Update


@contextmanager
def printing(text: str, seconds: float) -> Iterator[Update]:
    """A process that prints some text and ends so many seconds later."""
    program = f"import time; print({text!r}, flush=True); time.sleep({seconds})"
    update = Update(start([sys.executable, "-c", program]))
    try:
        yield update
    finally:
        update.kill()


def test_a_line_is_waited_for_while_the_update_goes_on() -> None:
    with printing("one\nshop-switch-web-7 updating (0s)", seconds=30) as update:
        update.wait_for_line(r"switch-web-\d+ updating", limit=10)
        assert not update.ended
        assert "one\n" in update.output


def test_a_line_that_does_not_come_is_an_error_with_the_output_so_far() -> None:
    with (
        printing("another", seconds=30) as update,
        pytest.raises(TimeoutError, match=r"no line with 'switch' within 0.5 s:\nanother"),
    ):
        update.wait_for_line("switch", limit=0.5)


def test_nothing_is_waited_for_once_the_update_has_ended() -> None:
    with printing("done", seconds=0) as update:
        with pytest.raises(TimeoutError):
            update.wait_for_line("switch", limit=30)
        assert update.ended
        update.wait_for_line("done", limit=0)
