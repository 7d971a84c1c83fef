"""The hold: a new release that has traffic is monitored for some time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable

from slipway.agent.engine.client import Engine
from slipway.agent.health.failure import failure
from slipway.agent.health.log_errors import LogErrors
from slipway.agent.health.measure import Measure
from slipway.agent.health.stability import Stability
from slipway.agent.health.subject import Subject
from slipway.errors import SlipwayError
from slipway.rollout.analysis import Outcome, Verdict
from slipway.rollout.watch import HOLD, Watch

INTERVAL = 0.5  # seconds between checks


class ReleaseError(SlipwayError):
    """The new release has failed the analysis of its traffic."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(
            f"the new release failed its analysis: {verdict}",
            remedy="See its logs, or change rollout/watch if the limits are wrong",
        )


@dataclass(frozen=True)
class Hold:
    """How long a release is monitored, its limits, and the time from which its logs count."""

    seconds: float
    watch: Watch
    since: float  # seconds since the epoch

    @property
    def longest(self) -> float:
        """Seconds that it takes when a canary gets too few requests."""
        prolonged = self.watch.analyse and self.watch.too_few == HOLD
        return max(self.seconds, self.watch.hold_limit) if prolonged else self.seconds


def bake(
    engine: Engine,
    subjects: Sequence[Subject],
    hold: Hold,
    measure: Measure,
    report: Callable[[str], None],
    old: Sequence[Subject] = (),
) -> Verdict:
    """Run the hold and return its verdict; `old` are the containers of the old release.

    Raises ContainerError when a container restarts, exits, becomes unhealthy or logs errors, and
    ReleaseError when the release fails its analysis.
    """
    stability = Stability(engine, subjects)
    log_errors = LogErrors(engine, subjects, hold.watch, hold.since, old)
    began = time.monotonic()
    until, last = began + hold.seconds, began + hold.longest
    while True:
        verdict_so_far = measure.update()
        stability.check()  # first, because a failed container explains failed requests
        _refuse_down(engine, subjects, measure.down)
        log_errors.check()
        _accept(verdict_so_far)
        now = time.monotonic()
        if now >= until and not stability.uncertain:
            verdict = measure.verdict()
            if verdict.outcome is not Outcome.TOO_FEW or now >= last:
                return _accept(verdict)
            if until < began + hold.seconds + INTERVAL:
                report(f"prolonging the hold to {hold.longest:g} s at most: {verdict}")
            until = min(last, now + INTERVAL)
        time.sleep(min(INTERVAL, max(0.05, until - now)))


def _refuse_down(engine: Engine, subjects: Sequence[Subject], down: Sequence[str]) -> None:
    """A container that the proxy has taken out: its users' requests cannot wait for more probes."""
    for subject in subjects:
        if subject.label in down:
            raise failure(engine, subject, "fails the proxy's health checks after it was ready")


def _accept(verdict: Verdict) -> Verdict:
    if verdict.outcome is Outcome.PASS:
        return verdict
    raise ReleaseError(verdict)
