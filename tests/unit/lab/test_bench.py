from __future__ import annotations

from collections import Counter

import pytest

from lab.bench.figures import ANSWER, PULL, RUN, Figures, percentile
from lab.load import Result

CALM = Result("10.88.0.11", 2500, 10.0, [], {"v1"}, Counter({"2xx": 2500}), [0.01] * 2500)


def failed(failure: str) -> Result:
    return Result("10.88.0.21", 2500, 10.0, [failure], {"v1"}, Counter({"2xx": 2499, "5xx": 1}))


def test_a_load_without_a_failed_request_has_no_fault() -> None:
    assert Figures(loads=[CALM, CALM]).faults() == []


def test_one_failed_request_is_a_fault_that_names_the_server_and_the_answer() -> None:
    (fault,) = Figures(loads=[CALM, failed("503 b'sorry'")]).faults()
    assert "1 of 5000 requests failed" in fault
    assert "10.88.0.21: 503 b'sorry'" in fault


def test_a_load_below_the_promised_rate_is_a_fault() -> None:
    slow = Result("10.88.0.22", 1990, 10.0)
    (fault,) = Figures(loads=[CALM, slow]).faults()
    assert "199 requests/s" in fault


def test_a_benchmark_that_put_no_load_proves_nothing() -> None:
    assert Figures().faults()


def test_the_overhead_is_what_the_bare_steps_and_the_bake_time_leave() -> None:
    figures = Figures({"up": [9.0, 10.0, 30.0], PULL: [1.0], RUN: [2.0], ANSWER: [0.5, 0.5]})
    assert figures.overhead("up", [PULL, RUN, ANSWER], bake=3.0) == pytest.approx(3.5)


def test_what_fails_is_not_timed() -> None:
    figures = Figures()
    with pytest.raises(RuntimeError), figures.timed("up"):
        raise RuntimeError
    assert figures.seconds == {}


@pytest.mark.parametrize(("share", "value"), [(50, 50.0), (95, 95.0), (99, 99.0), (100, 100.0)])
def test_a_percentile_is_a_value_that_occurred(share: int, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], share) == value


def test_a_percentile_of_nothing_is_zero() -> None:
    assert percentile([], 99) == 0.0


def test_the_json_has_every_time_and_the_verdict() -> None:
    figures = Figures({"up": [1.0, 2.0]}, [CALM, failed("503")])
    data = figures.as_json()
    assert data["seconds"] == {"up": [1.0, 2.0]}
    assert data["load"]["kinds"] == {"2xx": 4999, "5xx": 1}
    assert (data["load"]["requests"], data["load"]["failed"]) == (5000, 1)
    assert len(data["faults"]) == 1
