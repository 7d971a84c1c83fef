"""Whether a new release performs well enough: pure analysis of what was measured during a hold.

Limits are absolute: with `min_requests` or more, an error rate or a 95th percentile above its limit
fails, however little. Compared with the old release, whose share of the traffic differs, the new
one must be worse by more than `tolerance` *and* by more than chance explains:

* errors: if the new release's rate were at most (1 + tolerance) times the old one's, its part of
  all errors would follow a binomial distribution (the conditional test of two Poisson rates:
  Przyborowski and Wilenski, Biometrika 31, 1940);
* latency: if it were at most (1 + tolerance) times as slow, no more than 5 % of its requests would
  take longer than (1 + tolerance) times the old one's 95th percentile. The upper bound of that
  percentile's confidence interval is used. A difference below `MIN_LATENCY_DIFFERENCE` never fails:
  users do not notice it, and a processor that is busy starting containers causes as much.

Worse means that under this assumption the measurement has a probability below 1 % (`UNLIKELY`).
While a hold runs, an absolute limit fails it at once when the measurement has a probability below
0.1 % within the limit (`CERTAIN`), from the first request on. So a release that answers only with
errors fails early, and neither a single error nor frequent checks make a good release fail.
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
MIN_LATENCY_DIFFERENCE = 0.010  # seconds
SLOW = 0.05  # share of requests beyond the 95th percentile


@dataclass(frozen=True)
class Sample:
    """What was measured of one release during a hold on one server.

    `requests` and `errors` (5xx and requests without an answer) are complete; `latencies` may cover
    a part of the requests; `cpu` is the busiest container's share of what it may use.
    """

    requests: int = 0
    errors: int = 0
    latencies: Histogram = field(default_factory=Histogram)
    cpu: Optional[float] = None

    @property
    def error_rate(self) -> float:
        return self.errors / self.requests if self.requests else 0.0


class Outcome(str, Enum):
    """The result of an analysis."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    TOO_FEW = "too few"


@dataclass(frozen=True)
class Verdict:
    """An outcome and its reasons, with numbers."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join(self.reasons)


def alarm(new: Sample, watch: Watch) -> Verdict:
    """While a hold runs: fails where no further requests can be expected to change the verdict."""
    reasons = []
    if watch.error_rate is not None:
        chance = at_least(new.errors, new.requests, watch.error_rate)
        reasons += [_too_many_errors(new, watch.error_rate)] if chance < CERTAIN else []
    if watch.p95 is not None:
        chance = at_least(new.latencies.above(watch.p95), new.latencies.count, SLOW)
        reasons += [_too_slow(new, watch.p95)] if chance < CERTAIN else []
    return Verdict(Outcome.FAIL, tuple(reasons)) if reasons else Verdict(Outcome.PASS)


def judge(new: Sample, old: Sample, watch: Watch) -> Verdict:
    """The verdict at the end of a hold; a canary with too few requests has not passed."""
    certain = alarm(new, watch)
    if certain.outcome is Outcome.FAIL:
        return certain
    too_few = _too_few(new, watch) if watch.analyse else ""
    if too_few:
        return Verdict(Outcome.TOO_FEW, (too_few,))
    worse = _worse(new, old, watch) if watch.analyse else ()
    faults = (*_beyond_limits(new, watch), *worse)
    return Verdict(Outcome.FAIL, faults) if faults else Verdict(Outcome.PASS, (_summary(new),))


def _too_few(new: Sample, watch: Watch) -> str:
    if new.requests < watch.min_requests:
        return f"only {new.requests} requests of the {watch.min_requests} that a verdict needs"
    if watch.p95 is not None and new.latencies.count < watch.min_requests:
        timed = f"only {new.latencies.count} of {new.requests} requests were timed"
        return f"{timed}, and a verdict needs {watch.min_requests}"
    return ""


def _beyond_limits(new: Sample, watch: Watch) -> Iterator[str]:
    """Too few requests pass here; for a canary, `judge` has checked their number before."""
    enough, errors, p95 = watch.min_requests, watch.error_rate, watch.p95
    if errors is not None and new.requests >= enough and new.error_rate > errors:
        yield _too_many_errors(new, errors)
    if p95 is not None and new.latencies.count >= enough and _p95(new) > p95:
        yield _too_slow(new, p95)
    if watch.cpu is not None and new.cpu is not None and new.cpu > watch.cpu:
        yield f"a container used {new.cpu:.0%} of its processor share (at most {watch.cpu:.0%})"


def _worse(new: Sample, old: Sample, watch: Watch) -> Iterator[str]:
    """Nothing where the old release had too few requests to compare with."""
    if old.requests < watch.min_requests:
        return
    factor = 1 + watch.tolerance
    part = new.requests * factor / (new.requests * factor + old.requests)
    if at_least(new.errors, new.errors + old.errors, part) < UNLIKELY:
        yield (
            f"{new.error_rate:.2%} of its requests failed ({new.errors} of {new.requests}), with "
            f"the old release {old.error_rate:.2%} ({old.errors} of {old.requests})"
        )
    if min(new.latencies.count, old.latencies.count) < watch.min_requests:
        return
    before = _upper_p95(old.latencies)
    bound = max(factor * before, before + MIN_LATENCY_DIFFERENCE)
    if at_least(new.latencies.above(bound), new.latencies.count, SLOW) < UNLIKELY:
        ours, theirs = map(_p95, (new, old))
        yield f"p95 is {_ms(ours)}, with the old release {_ms(theirs)}"


def _upper_p95(latencies: Histogram) -> float:
    """The upper bound of the 95th percentile, with 99 % confidence."""
    spread = CONFIDENCE * math.sqrt(SLOW * (1 - SLOW) / latencies.count)
    return latencies.percentile(min(1.0, 1 - SLOW + spread))


def _too_many_errors(new: Sample, limit: float) -> str:
    counted = f"{new.errors} of {new.requests}"
    return f"{new.error_rate:.2%} of the requests failed ({counted}; at most {limit:.2%})"


def _too_slow(new: Sample, limit: float) -> str:
    return f"p95 is {_ms(_p95(new))} (at most {_ms(limit)})"


def _summary(new: Sample) -> str:
    text = f"{new.errors} of {new.requests} requests failed"
    if new.latencies.count:
        text += f", p95 {_ms(_p95(new))}"
    return text + (f", processor {new.cpu:.0%}" if new.cpu is not None else "")


def _p95(sample: Sample) -> float:
    return sample.latencies.percentile(1 - SLOW)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
