from __future__ import annotations

import base64
import io

import pytest

from slipway.agent.redact import LONGEST_LINE, Redactor
from slipway.agent.report import MOST_LINES, Report


def test_a_secret_is_masked_in_every_form_that_programs_print() -> None:
    redact = Redactor(['p@ss "word"'])
    encoded = base64.b64encode(b'p@ss "word"').decode()
    text = f'p@ss "word" p%40ss%20%22word%22 p@ss \\"word\\" {encoded}'
    assert redact(text).replace("=", "") == "*** *** *** ***"


@pytest.mark.parametrize(
    "text", ["p%40ss-word", "p@ss-word", "tok3n-value", "user=shop password=p@ss-word host=db"]
)
def test_what_is_secret_within_a_url_is_masked_by_itself(text: str) -> None:
    redact = Redactor(["postgres://shop:p%40ss-word@db/shop?sslmode=disable&authToken=tok3n-value"])
    assert "***" in redact(text)
    assert not any(secret in redact(text) for secret in ("ss-word", "tok3n"))
    assert redact("shop at db with sslmode=disable") == "shop at db with sslmode=disable"


def test_a_secret_that_is_in_every_word_is_not_masked() -> None:
    redact = Redactor(["e", "on", "postgres://a:x@b", "://", "http://["])
    assert redact("one: x") == "one: x"


def test_a_key_of_many_lines_is_masked_line_by_line() -> None:
    assert Redactor(["first-line\nsecond-line"])("log: second-line") == "log: ***"


def test_a_secret_within_another_leaves_nothing_behind() -> None:
    assert Redactor(["abc", "abcdef"])("abcdef") == "***"


def test_an_empty_secret_masks_nothing() -> None:
    assert Redactor([""])("text") == "text"


def test_a_line_is_one_line_and_bounded() -> None:
    assert Redactor(()).line("a\nb") == "a b"
    assert len(Redactor(()).line("é" * LONGEST_LINE).encode()) <= LONGEST_LINE


def test_progress_is_bounded_and_the_last_word_is_always_said() -> None:
    stream = io.StringIO()
    report = Report(Redactor(["s3cret"]), stream)
    for number in range(MOST_LINES + 10):
        report(f"line {number}")
    report.last("the end of s3cret")
    lines = stream.getvalue().splitlines()
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == "the end of ***"


def test_a_listener_that_has_gone_stops_nothing() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    report = Report(Redactor(()), Gone())
    report("nobody hears this")
    report.last("nor this")
