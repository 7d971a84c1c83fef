"""Programs that are missing, or that do not end."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from slipway import process
from slipway.errors import SlipwayError


def fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def run(*_: Any, **options: Any) -> None:
        assert options["timeout"] == 7
        raise error

    monkeypatch.setattr(subprocess, "run", run)


def test_a_program_is_given_its_input_and_tells_its_exit_status() -> None:
    done = process.run(["sh", "-c", "cat; echo oh >&2; exit 3"], limit=10, stdin="hello")
    assert (done.returncode, done.stdout, done.stderr) == (3, "hello", "oh\n")


def test_what_is_no_text_is_shown_as_well_as_it_can_be() -> None:
    done = process.run(["printf", r"gr\337n \303\274ber"], limit=10)
    assert done.stdout == "gr\ufffdn über"


def test_a_program_that_does_not_end_is_killed_and_named() -> None:
    with pytest.raises(process.TimeLimitError, match=r"^sleep: it did not end within 0\.1 s$"):
        process.run(["sleep", "60"], limit=0.1)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(), "^git: it is not installed. Install git$"),
        (PermissionError(), "^git: it is not executable. Check the file's mode"),
    ],
)
def test_a_program_that_cannot_be_started_is_an_error_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    fails(monkeypatch, error)
    with pytest.raises(SlipwayError, match=said):
        process.run(["git"], limit=7, remedy="Install git")
