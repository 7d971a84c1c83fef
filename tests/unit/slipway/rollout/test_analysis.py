"""The judgement of a hold: limits are kept, noise flips nothing, too little never passes."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.rollout.analysis import Outcome, Sample, alarm, judge
from slipway.rollout.watch import Watch

CANARY = Watch(analyse=True)
counts = st.integers(0, 100_000)


def sample(
    requests: int, errors: int = 0, *, seconds: float = 0.02, slow: int = 0, cpu: float = 0.1
) -> Sample:
    """`slow` of the requests take 40 times as long."""
    found = Sample(requests, errors, cpu=cpu)
    for number in range(requests):
        found.latencies.add(seconds * 40 if number < slow else seconds)
    return found


OLD = sample(10_000, 5)


def test_a_canary_like_the_old_release_passes_with_its_figures() -> None:
    verdict = judge(sample(500), OLD, CANARY)
    assert verdict.outcome is Outcome.PASS
    assert str(verdict) == "0 of 500 requests failed, p95 20 ms, processor 10%"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (sample(500, 15), "3.00% of the requests failed (15 of 500; at most 1.00%)"),
        (sample(500, slow=30), "p95 is 812 ms (at most 500 ms)"),
        (sample(500, cpu=0.93), "a container used 93% of its processor share (at most 80%)"),
        (sample(500, 4), "0.80% of its requests failed (4 of 500), with the old release 0.05%"),
        (sample(500, seconds=0.04), "p95 is 40 ms, with the old release 20 ms"),
    ],
    ids=["errors", "slow", "processor", "more errors than the old", "slower than the old"],
)
def test_each_breach_fails_with_its_numbers(new: Sample, said: str) -> None:
    verdict = judge(new, OLD, CANARY)
    assert verdict.outcome is Outcome.FAIL
    assert said in str(verdict)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (sample(500, 15), "3.00% of the requests failed"),
        (sample(500, slow=30), "p95 is 812 ms (at most 500 ms)"),
    ],
    ids=["errors", "slow"],
)
def test_limits_are_kept_by_a_release_that_is_compared_with_no_other(
    new: Sample, said: str
) -> None:
    verdict = judge(new, Sample(), Watch())
    assert verdict.outcome is Outcome.FAIL
    assert said in str(verdict)
    assert judge(new, Sample(), Watch(error_rate=None, p95=None)).outcome is Outcome.PASS


def test_every_breach_is_told_at_once() -> None:
    assert len(judge(sample(500, 6, cpu=0.9), OLD, CANARY).reasons) == 3


@pytest.mark.parametrize("limit", ["error_rate", "p95", "cpu"])
def test_a_limit_that_is_switched_off_is_not_judged(limit: str) -> None:
    without = {"error_rate": 1.0, "p95": 3600.0, "cpu": 1.0, limit: None}
    watch = Watch(analyse=True, tolerance=10, **without)  # type: ignore[arg-type]
    new = {"error_rate": sample(500, 6), "p95": sample(500, slow=30), "cpu": sample(500, cpu=2)}
    old = sample(10_000, 60, slow=600)
    assert judge(new[limit], old, CANARY).outcome is Outcome.FAIL
    assert judge(new[limit], old, watch).outcome is Outcome.PASS


@given(st.integers(0, 99), st.data())
def test_too_few_requests_never_pass(requests: int, data: st.DataObject) -> None:
    errors = data.draw(st.integers(0, requests))
    verdict = judge(sample(requests, errors), OLD, CANARY)
    assert verdict.outcome is not Outcome.PASS


def test_requests_that_were_not_timed_are_too_few_where_latency_is_judged() -> None:
    new = Sample(500)
    assert judge(new, OLD, CANARY).outcome is Outcome.TOO_FEW
    assert "only 0 of 500 requests were timed" in str(judge(new, OLD, CANARY))
    assert judge(new, OLD, replace(CANARY, p95=None)).outcome is Outcome.PASS


@given(counts, st.data(), counts, st.data())
def test_more_than_the_limit_of_errors_never_passes(
    requests: int, errors: st.DataObject, others: int, other_errors: st.DataObject
) -> None:
    failed = errors.draw(st.integers(requests // 100 + 1, max(requests // 100 + 1, requests)))
    new = Sample(max(requests, failed), failed)
    old = Sample(others, other_errors.draw(st.integers(0, others)))
    if new.error_rate > 0.01:
        assert judge(new, old, replace(CANARY, p95=None)).outcome is not Outcome.PASS


@given(st.integers(100, 5000), st.integers(100, 100_000), st.data())
def test_a_better_release_is_never_called_worse(
    requests: int, others: int, data: st.DataObject
) -> None:
    errors = data.draw(st.integers(0, requests // 100))
    old = Sample(others, -(-errors * others // requests))
    new = Sample(requests, errors)
    assert judge(new, old, replace(CANARY, p95=None)).outcome is Outcome.PASS


@given(st.integers(0, 2**32))
def test_noise_flips_nothing(seed: int) -> None:
    """Two equal releases, with latencies that vary tenfold and one error in 500 requests."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    new, old = Sample(150), Sample(2850, 6)
    for release in (new, old):
        for _ in range(release.requests):
            release.latencies.add(chance.lognormvariate(-3.5, 0.6))
    for errors in (0, 1):
        assert judge(replace(new, errors=errors), old, CANARY).outcome is Outcome.PASS


def test_an_alarm_waits_for_no_quorum_and_no_end() -> None:
    assert alarm(sample(3, 3), CANARY).outcome is Outcome.FAIL
    assert alarm(sample(60, slow=20), CANARY).outcome is Outcome.FAIL
    assert alarm(sample(60, slow=20), Watch(p95=None)).outcome is Outcome.PASS


def test_a_stray_error_is_no_alarm() -> None:
    assert alarm(sample(1, 1), CANARY).outcome is Outcome.PASS
    assert alarm(sample(30, 2), CANARY).outcome is Outcome.PASS


@pytest.mark.parametrize("seed", range(50))
def test_looking_often_raises_no_false_alarm_in_a_release_within_its_limit(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a simulation
    errors = alarms = 0
    for looks in range(1, 201):
        errors += sum(chance.random() < 0.002 for _ in range(10))
        alarms += alarm(Sample(10 * looks, errors), CANARY).outcome is Outcome.FAIL
    assert alarms == 0


@pytest.mark.parametrize("new", [Sample(), Sample(50, 1), Sample(5000, 40)])
def test_without_comparison_few_requests_pass_and_nothing_but_errors_is_judged(new: Sample) -> None:
    assert judge(new, OLD, Watch()).outcome is Outcome.PASS


def test_without_comparison_more_errors_than_the_limit_fail() -> None:
    assert judge(Sample(200, 6), Sample(), Watch()).outcome is Outcome.FAIL
    assert judge(Sample(200, 6), Sample(), Watch(error_rate=0.05)).outcome is Outcome.PASS


@pytest.mark.parametrize(("seconds", "outcome"), [(0.012, Outcome.PASS), (0.03, Outcome.FAIL)])
def test_a_few_milliseconds_more_than_next_to_nothing_are_no_fault(
    seconds: float, outcome: Outcome
) -> None:
    old = sample(500, seconds=0.004)
    assert judge(sample(500, seconds=seconds), old, CANARY).outcome is outcome
