from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from fakes.plugins.command import remote


def test_a_command_that_ends_before_its_input_is_sent_is_no_error() -> None:
    def gone(*_: object) -> None:
        raise BrokenPipeError("Channel not open for sending")

    process: Any = SimpleNamespace(stdin=SimpleNamespace(write=gone, write_eof=gone))
    remote._send(process, "text")
