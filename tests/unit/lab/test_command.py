from __future__ import annotations

import sys

import pytest

from lab.command import run
from slipway.errors import SlipwayError


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_a_failure_says_which_program_and_its_last_words() -> None:
    with pytest.raises(SlipwayError, match="no space left") as raised:
        run(python("import sys; sys.exit('no space left')"), limit=10)
    assert raised.value.where.startswith(sys.executable)


def test_a_program_that_overruns_its_limit_is_an_error() -> None:
    with pytest.raises(SlipwayError, match=r"no end after 0\.2 s"):
        run(python("import time; time.sleep(30)"), limit=0.2)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(SlipwayError, match="no-such-program is not installed"):
        run(["no-such-program"], limit=10)


def test_what_comes_in_by_standard_input_is_in_no_argument() -> None:
    assert run(python("print(input())"), limit=10, stdin="secret\n") == "secret\n"
