from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from toolchain import process
from toolchain.errors import ToolchainError


def test_the_output_is_returned() -> None:
    assert process.run([sys.executable, "-c", "print('hello')"], limit=10) == "hello\n"


def test_a_failure_repeats_the_last_words_and_the_remedy() -> None:
    script = "import sys; print('the disk is full', file=sys.stderr); sys.exit(3)"
    with pytest.raises(ToolchainError) as failure:
        process.run([sys.executable, "-c", script], limit=10, remedy="Make room.")
    assert "failed with exit code 3" in failure.value.what
    assert "the disk is full" in failure.value.what
    assert failure.value.remedy == "Make room."


def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    script = f"(sleep 1; touch {tmp_path}/survived) & sleep 20"
    started = time.monotonic()
    with pytest.raises(ToolchainError, match="did not finish within 0 s"):
        process.run(["/bin/sh", "-c", script], limit=0.2)
    assert time.monotonic() - started < 5
    time.sleep(1.2)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_program_is_an_error_and_not_a_trace() -> None:
    with pytest.raises(ToolchainError, match="cannot run no-such-program"):
        process.run(["no-such-program"], limit=1)


def test_what_runs_beside_has_ended_when_both_are_done(tmp_path: Path) -> None:
    script = f"yes | head -c 1000000; sleep 0.2; touch {tmp_path}/done; exit 1"
    with process.beside(["/bin/sh", "-c", script], limit=10):
        assert list(tmp_path.iterdir()) == []
    assert (tmp_path / "done").exists()


def test_what_runs_beside_is_waited_for_only_so_long() -> None:
    started = time.monotonic()
    with process.beside(["/bin/sleep", "20"], limit=0.1):
        pass
    assert time.monotonic() - started < 5


def test_what_runs_beside_ends_with_a_body_that_is_interrupted(tmp_path: Path) -> None:
    script = f"echo $$ > {tmp_path}/pid; sleep 20"
    pid = tmp_path / "pid"
    with suppress(KeyboardInterrupt), process.beside(["/bin/sh", "-c", script], limit=10):
        while not (pid.exists() and pid.read_text()):
            time.sleep(0.01)
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
