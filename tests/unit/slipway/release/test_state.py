from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.errors import SlipwayError
from slipway.release.state import State, install
from tests.unit.slipway.release.sample import PROXY, release


def test_releases_side_by_side_have_other_colours_and_addresses() -> None:
    first = install(State(), release("v1", replicas=2), PROXY, basis="", owner="")
    second = install(State(serving=first), release("v2"), PROXY, basis="", owner="")
    assert first.addresses == {
        "web-1": "172.31.240.10", "web-2": "172.31.240.11", "worker-1": "172.31.240.12",
    }  # fmt: skip
    assert second.addresses == {"web-1": "172.31.240.13", "worker-1": "172.31.240.14"}
    assert (first.colour, second.colour) == ("a", "b")


def test_addresses_of_a_retired_release_are_given_again() -> None:
    first = install(State(), release("v1"), PROXY, basis="", owner="")
    second = install(State(serving=first), release("v2"), PROXY, basis="", owner="")
    third = install(State(serving=second), release("v3"), PROXY, basis="", owner="")
    assert third.addresses == first.addresses


def test_an_installed_release_keeps_its_addresses_and_takes_the_free_colour() -> None:
    first = install(State(), release("v1"), PROXY, basis="", owner="")
    second = install(State(serving=first), release("v2"), PROXY, basis="", owner="")
    state = State(serving=second, previous=first)
    again = install(state, release("v1"), PROXY, basis="", owner="")
    assert again.addresses == first.addresses
    assert again.colour == "a"


def test_a_full_network_is_an_error_with_a_remedy() -> None:
    small = replace(PROXY, network="10.0.0.0/27")
    with pytest.raises(SlipwayError, match=r"no address left.*larger network"):
        install(State(), release("v1", replicas=20), small, basis="", owner="")


def test_a_state_reads_back_as_it_was_written() -> None:
    first = install(State(), release("v1", migration=True), PROXY, basis="b", owner="ann")
    state = State(epoch=3, serving=first, migrated=("ab",), proxy=PROXY)
    assert State.from_dict(state.to_dict()) == state


def test_the_state_of_a_newer_agent_is_refused() -> None:
    with pytest.raises(SlipwayError, match="newer agent"):
        State.from_dict({**State().to_dict(), "format": 99})
