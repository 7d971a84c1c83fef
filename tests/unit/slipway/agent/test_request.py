from __future__ import annotations

import json
from typing import Any

import pytest

from slipway.agent.request import parse
from slipway.errors import SlipwayError
from tests.unit.slipway.release.sample import release

RELEASE = release("v1", migration=True)


def order(**changes: Any) -> str:
    whole = {"id": RELEASE.id, **RELEASE.to_dict()}
    return json.dumps({"application": "shop", "server": "one", "release": whole, **changes})


def test_a_release_arrives_as_it_was_sent() -> None:
    request = parse(order())
    assert request.release == RELEASE
    assert request.release_id == RELEASE.id


def test_what_later_programs_add_is_left_aside() -> None:
    request = parse(
        order(rollout={"bake": 7, "colour": "red"}, registry={"address": "r", "insecure": True})
    )
    assert request.rollout.bake == 7
    assert request.registry.address == "r"


def test_every_value_that_is_secret_is_known_as_such() -> None:
    request = parse(
        order(secrets={"A": "one", "B": ""}, registry={"address": "r", "password": "two"})
    )
    assert set(request.confidential) == {"one", "two"}


def test_credentials_go_to_their_own_registry_only() -> None:
    request = parse(order(registry={"address": "r:5000", "username": "u", "password": "p"}))
    assert request.registry.login("r:5000/shop@sha256:1") == {
        "username": "u",
        "password": "p",
        "serveraddress": "r:5000",
    }
    assert request.registry.login("r:5000.evil/shop@sha256:1") is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("hello", "it is not JSON"),
        ("[]", "cannot be understood"),
        ("{}", "KeyError: 'application'"),
        ('{"application": "../etc", "server": "x"}', "'../etc' is no name"),
        (order(release={"id": "0" * 12, **RELEASE.to_dict()}), "its content has"),
        (order(application="other"), "belongs to shop, not to other"),
    ],
)
def test_what_is_no_request_is_refused_with_the_reason(text: str, fault: str) -> None:
    with pytest.raises(SlipwayError) as error:
        parse(text)
    assert fault in str(error.value)


def test_an_error_about_a_request_shows_nothing_of_it() -> None:
    with pytest.raises(SlipwayError) as error:
        parse('{"secrets": {"A": "s3cret"}')
    assert "s3cret" not in str(error.value)
