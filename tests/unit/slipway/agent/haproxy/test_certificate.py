"""A certificate is tried as a browser would do it, before anything changes."""

from __future__ import annotations

import time

import pytest

from slipway.agent.haproxy import certificate
from tests import certificates
from tests.certificates import pem

DOMAINS = ("shop.example.org", "api.example.org")


@pytest.mark.parametrize("names", [DOMAINS, ("*.example.org",)], ids=["each", "wildcard"])
def test_one_that_names_every_domain_is_accepted(names: tuple[str, ...]) -> None:
    assert certificate.faults(pem(*names), DOMAINS) == []


def test_domains_that_it_does_not_name_are_told_all_at_once() -> None:
    told = certificate.faults(pem("www.example.org"), DOMAINS)
    assert told == ["is not valid for shop.example.org", "is not valid for api.example.org"]


@pytest.mark.parametrize(
    ("days", "begun", "told"),
    [(-1, 30, "certificate has expired"), (90, -1, "certificate is not yet valid")],
)
def test_the_wrong_time_is_told_once_for_all_domains(days: float, begun: float, told: str) -> None:
    assert certificate.faults(pem(*DOMAINS, days=days, begun=begun), DOMAINS) == [told]


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = certificate.faults(pem("other.example.org", days=-1, begun=30), DOMAINS[:1])
    assert told == ["certificate has expired", "is not valid for shop.example.org"]


def test_the_key_of_another_certificate_is_refused() -> None:
    mixed = certificates.certificate(*DOMAINS)[0] + certificates.certificate(*DOMAINS)[1]
    assert certificate.faults(mixed, DOMAINS) == ["its key does not match"]


def test_what_cannot_be_used_is_refused_without_repeating_it() -> None:
    own, key = certificates.certificate(*DOMAINS)
    assert certificate.faults("", DOMAINS) == ["contains no certificate in PEM format"]
    assert certificate.faults(key, DOMAINS) == ["contains no certificate in PEM format"]
    [told] = certificate.faults(own, DOMAINS)
    assert told.startswith("cannot be used with its key")


def test_its_end_is_known_also_where_no_domain_is() -> None:
    assert certificate.faults(pem("x.example.org"), ()) == []
    assert certificate.expires(pem(days=9)) == pytest.approx(time.time() + 9 * 86400, abs=60)


def test_its_end_is_warned_of_from_so_many_days_before_on() -> None:
    near = pem(days=9)
    assert certificate.warnings(near, before=8) == []
    [told] = certificate.warnings(near, before=14)
    assert told.startswith("proxy: its certificate expires in 9 days.")
    [late] = certificate.warnings(pem(days=-1, begun=30), before=0)
    assert "has expired or cannot be used" in late
