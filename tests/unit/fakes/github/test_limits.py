from __future__ import annotations

import time

import pytest

from fakes.github.call import Fault
from fakes.github.limits import Failure, Limits


def test_every_request_is_counted_until_none_is_left() -> None:
    limits = Limits(limit=2, remaining=2)
    limits.take(1)
    limits.take(1)
    with pytest.raises(Fault, match="API rate limit exceeded") as refused:
        limits.take(1)
    assert refused.value.status == 403
    assert limits.headers()["X-RateLimit-Remaining"] == "0"


def test_the_limit_starts_anew_at_its_time() -> None:
    limits = Limits(limit=2)
    limits.exhaust(seconds=-1)
    limits.take(1)
    assert limits.remaining == 1
    assert limits.reset > time.time()


def test_the_time_to_come_back_is_never_too_early() -> None:
    limits = Limits()
    limits.exhaust(seconds=5)
    with pytest.raises(Fault):
        limits.take(1)
    assert int(limits.headers()["X-RateLimit-Reset"]) >= limits.reset
    assert limits.reset <= time.time() + 5


def test_a_failure_concerns_what_it_names_as_often_as_it_says() -> None:
    failure = Failure(503, times=1, method="PUT", path="/secrets/")
    assert not failure.concerns("GET", "/repos/acme/shop/actions/secrets/KEY")
    assert not failure.concerns("PUT", "/repos/acme/shop/actions/variables")
    assert failure.concerns("PUT", "/repos/acme/shop/actions/secrets/KEY")
    assert failure.raised().status == 503
    assert not failure.concerns("PUT", "/repos/acme/shop/actions/secrets/KEY")


def test_the_secondary_limit_says_how_long_to_wait() -> None:
    fault = Failure(429, times=1, retry_after=7).raised()
    assert fault.headers["Retry-After"] == "7"
    assert fault.body["documentation_url"].endswith("secondary-rate-limits")
