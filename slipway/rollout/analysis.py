"""Whether a new release does as well as it must: pure judgement of what a hold has counted.

Limits are what they say: with `min_requests` or more, a share of errors or a 95th percentile above
its limit fails, however little. To be told apart from the old release, whose share of the traffic
and luck differ, the new one must be worse by more than `tolerance` *and* by more than chance
explains:

* errors: were the new release's rate at most (1 + tolerance) times the old one's, its part of all
  errors would follow a binomial distribution (the conditional test of two Poisson rates:
  Przyborowski and Wilenski, Biometrika 31, 1940);
* latency: were it at most (1 + tolerance) times as slow, no more than 5 % of its requests would
  take longer than (1 + tolerance) times the old one's 95th percentile, of which the upper bound of
  its confidence interval is taken. `NOTICEABLE` more is no fault: nobody feels it, and a processor
  that is busy starting containers does as much to a release that answers in 3 ms.

Worse means that what was counted has less than 1 % probability then (`UNLIKELY`). While a hold
runs, an absolute limit fails it at once when what was counted has less than 0.1 % probability
within the limit (`CERTAIN`), from the first request on: a release that answers nothing but errors
does not stay for its whole hold, and neither one stray error nor looking often makes it fail.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Optional

from slipway.rollout.binomial import at_least
from slipway.rollout.histogram import Histogram
from slipway.rollout.watch import Watch

UNLIKELY, CERTAIN = 0.01, 0.001
CONFIDENCE = 2.326  # standard deviations: one-sided 99 %
NOTICEABLE = 0.010  # seconds
SLOW = 0.05  # share of requests beyond the 95th percentile


@dataclass(frozen=True)
class Sample:
    """What one release has done during a hold on one server.

    `requests` and `errors` (5xx and requests that got no answer) are complete; `latencies` may be
    of a part of the requests; `cpu` is the busiest container's share of what it may use.
    """

    requests: int = 0
    errors: int = 0
    latencies: Histogram = field(default_factory=Histogram)
    cpu: Optional[float] = None

    @property
    def error_rate(self) -> float:
        return self.errors / self.requests if self.requests else 0.0


class Outcome(str, Enum):
    """What a judgement came to."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    TOO_FEW = "too few"


@dataclass(frozen=True)
class Verdict:
    """An outcome and why, in words with numbers."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join(self.reasons)


def alarm(new: Sample, watch: Watch) -> Verdict:
    """While a hold runs: fails where no further request can be expected to mend it."""
    reasons = []
    if watch.error_rate is not None:
        chance = at_least(new.errors, new.requests, watch.error_rate)
        reasons += [_too_many_errors(new, watch.error_rate)] if chance < CERTAIN else []
    if watch.p95 is not None:
        chance = at_least(new.latencies.above(watch.p95), new.latencies.count, SLOW)
        reasons += [_too_slow(new, watch.p95)] if chance < CERTAIN else []
    return Verdict(Outcome.FAIL, tuple(reasons)) if reasons else Verdict(Outcome.PASS)


def judge(new: Sample, old: Sample, watch: Watch) -> Verdict:
    """The verdict at the end of a hold; a canary of which too little was seen has not passed."""
    certain = alarm(new, watch)
    if certain.outcome is Outcome.FAIL:
        return certain
    scarce = _scarce(new, watch) if watch.analyse else ""
    if scarce:
        return Verdict(Outcome.TOO_FEW, (scarce,))
    worse = _worse(new, old, watch) if watch.analyse else ()
    faults = (*_beyond_limits(new, watch), *worse)
    return Verdict(Outcome.FAIL, faults) if faults else Verdict(Outcome.PASS, (_told(new),))


def _scarce(new: Sample, watch: Watch) -> str:
    if new.requests < watch.min_requests:
        return f"only {new.requests} requests of the {watch.min_requests} that a verdict needs"
    if watch.p95 is not None and new.latencies.count < watch.min_requests:
        timed = f"only {new.latencies.count} of {new.requests} requests were timed"
        return f"{timed}, and a verdict needs {watch.min_requests}"
    return ""


def _beyond_limits(new: Sample, watch: Watch) -> Iterator[str]:
    """Few requests say little: of a release that no canary's verdict waits for, they pass."""
    enough, errors, p95 = watch.min_requests, watch.error_rate, watch.p95
    if errors is not None and new.requests >= enough and new.error_rate > errors:
        yield _too_many_errors(new, errors)
    if p95 is not None and new.latencies.count >= enough and _p95(new) > p95:
        yield _too_slow(new, p95)
    if watch.cpu is not None and new.cpu is not None and new.cpu > watch.cpu:
        yield f"a container used {new.cpu:.0%} of its processor share (at most {watch.cpu:.0%})"


def _worse(new: Sample, old: Sample, watch: Watch) -> Iterator[str]:
    """Nothing is said beside an old release of which too little was seen."""
    if old.requests < watch.min_requests:
        return
    factor = 1 + watch.tolerance
    part = new.requests * factor / (new.requests * factor + old.requests)
    if at_least(new.errors, new.errors + old.errors, part) < UNLIKELY:
        yield (
            f"{new.error_rate:.2%} of its requests failed ({new.errors} of {new.requests}), of the "
            f"old release's {old.error_rate:.2%} ({old.errors} of {old.requests})"
        )
    if min(new.latencies.count, old.latencies.count) < watch.min_requests:
        return
    before = _upper_p95(old.latencies)
    bound = max(factor * before, before + NOTICEABLE)
    if at_least(new.latencies.above(bound), new.latencies.count, SLOW) < UNLIKELY:
        ours, theirs = map(_p95, (new, old))
        yield f"p95 is {_ms(ours)}, the old release's {_ms(theirs)}"


def _upper_p95(latencies: Histogram) -> float:
    """The 95th percentile that the sampled one is not below with 99 % confidence."""
    spread = CONFIDENCE * math.sqrt(SLOW * (1 - SLOW) / latencies.count)
    return latencies.percentile(min(1.0, 1 - SLOW + spread))


def _too_many_errors(new: Sample, limit: float) -> str:
    counted = f"{new.errors} of {new.requests}"
    return f"{new.error_rate:.2%} of the requests failed ({counted}; at most {limit:.2%})"


def _too_slow(new: Sample, limit: float) -> str:
    return f"p95 is {_ms(_p95(new))} (at most {_ms(limit)})"


def _told(new: Sample) -> str:
    said = f"{new.errors} of {new.requests} requests failed"
    if new.latencies.count:
        said += f", p95 {_ms(_p95(new))}"
    return said + (f", processor {new.cpu:.0%}" if new.cpu is not None else "")


def _p95(sample: Sample) -> float:
    return sample.latencies.percentile(1 - SLOW)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
