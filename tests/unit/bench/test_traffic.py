from __future__ import annotations

from collections import Counter

import pytest

from bench.traffic import Traffic, handover, last_answer, silence
from lab.load import Result

CALM = Result("10.88.0.11", 2500, 10.0, [], Counter({"2xx": 2500}), [0.01] * 2500)


def failed(failure: str) -> Result:
    return Result("10.88.0.21", 2500, 10.0, [failure], Counter({"2xx": 2499, "5xx": 1}))


def test_a_load_without_a_failed_request_has_no_fault() -> None:
    assert Traffic([CALM, CALM]).faults() == []


def test_one_failed_request_is_a_fault_that_names_the_server_and_the_answer() -> None:
    (fault,) = Traffic([CALM, failed("503 b'sorry'")]).faults()
    assert "1 of 5,000 requests failed" in fault
    assert "10.88.0.21: 503 b'sorry'" in fault


def test_a_load_below_the_promised_rate_is_a_fault() -> None:
    (fault,) = Traffic([CALM, Result("10.88.0.22", 1990, 10.0)]).faults()
    assert "199 requests/s" in fault


def test_a_benchmark_that_put_no_load_proves_nothing() -> None:
    assert Traffic().faults()


def test_kinds_and_latencies_are_those_of_all_servers() -> None:
    traffic = Traffic([CALM, failed("503")])
    assert traffic.kinds == {"2xx": 4999, "5xx": 1}
    assert traffic.milliseconds(99) == pytest.approx(10.0)


def test_a_handover_lasts_from_the_first_new_answer_to_the_last_old_one() -> None:
    moments = [(1.0, "v1"), (2.0, "v2"), (2.3, "v1"), (3.0, "v2")]
    assert handover(moments, "v2") == pytest.approx(0.3)


def test_a_handover_in_which_nobody_answers_lasts_from_the_last_old_answer_to_the_first_new() -> (
    None
):
    assert handover([(1.0, "v1"), (4.5, "v2"), (4.6, "v2")], "v2") == pytest.approx(3.5)


def test_a_version_that_never_answered_had_no_handover() -> None:
    with pytest.raises(ValueError, match="empty"):
        handover([(1.0, "v1")], "v2")


def test_the_longest_silence_is_between_two_good_answers() -> None:
    assert silence([(1.0, "v1"), (1.1, "v1"), (3.1, "v2"), (3.2, "v2")]) == pytest.approx(2.0)
    assert silence([]) == 0.0


def test_the_last_answer_of_a_version_is_the_last_on_any_server() -> None:
    one = Result("one", moments=[(1.0, "v1"), (2.0, "v2")])
    two = Result("two", moments=[(1.5, "v1"), (2.0, "v2")])
    assert last_answer([one, two], "v1") == 1.5
