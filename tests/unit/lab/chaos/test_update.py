from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.chaos.update import Update
from lab.layout import find

SERVER = find("production-8")
LINE = " ~  command:remote:Command shop-{} updating (0s) [diff: ~stdin]"


@contextmanager
def printing(*names: str, seconds: float = 30) -> Iterator[Update]:
    """A process that prints Pulumi's lines on steps of these names, and then takes its time."""
    lines = "\n".join(LINE.format(name) for name in names)
    program = f"import time; print({lines!r}, flush=True); time.sleep({seconds})"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    update = Update(process)
    try:
        yield update
    finally:
        update.kill()


@pytest.mark.parametrize("name", ["switch-production-8", "switch-production-8-at-25"])
def test_a_step_has_begun_once_pulumi_says_so(name: str) -> None:
    with printing("switch-production-7", name) as update:
        update.begun("switch", SERVER, limit=10)
        assert not update.ended


def test_the_step_of_another_server_is_another_step() -> None:
    with printing("switch-production-7") as update, pytest.raises(TimeoutError, match="switch on"):
        update.begun("switch", SERVER, limit=0.5)


def test_an_update_that_ended_begins_nothing_more() -> None:
    with printing(seconds=0) as update:
        with pytest.raises(TimeoutError):
            update.begun("switch", SERVER, limit=15)
        assert update.ended
