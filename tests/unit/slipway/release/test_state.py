from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.errors import SlipwayError
from slipway.release import accord
from slipway.release.basis import Basis
from slipway.release.state import Keeping, State, install
from tests.unit.slipway.release.sample import PROXY, release


def test_releases_side_by_side_have_other_colours_and_addresses() -> None:
    first = install(State(), release("v1", replicas=2), PROXY, basis=Basis(), owner="")
    second = install(State(serving=first), release("v2"), PROXY, basis=Basis(), owner="")
    assert first.addresses == {
        "web-1": "172.31.240.10", "web-2": "172.31.240.11", "worker-1": "172.31.240.12",
    }  # fmt: skip
    assert second.addresses == {"web-1": "172.31.240.13", "worker-1": "172.31.240.14"}
    assert (first.colour, second.colour) == ("a", "b")


def test_addresses_of_a_retired_release_are_given_again() -> None:
    first = install(State(), release("v1"), PROXY, basis=Basis(), owner="")
    second = install(State(serving=first), release("v2"), PROXY, basis=Basis(), owner="")
    third = install(State(serving=second), release("v3"), PROXY, basis=Basis(), owner="")
    assert third.addresses == first.addresses


def test_an_installed_release_keeps_its_addresses_and_takes_the_free_colour() -> None:
    first = install(State(), release("v1"), PROXY, basis=Basis(), owner="")
    second = install(State(serving=first), release("v2"), PROXY, basis=Basis(), owner="")
    state = State(serving=second, previous=first)
    again = install(state, release("v1"), PROXY, basis=Basis(), owner="")
    assert again.addresses == first.addresses
    assert again.colour == "a"


def test_a_full_network_is_an_error_with_a_remedy() -> None:
    small = replace(PROXY, network="10.0.0.0/27")
    with pytest.raises(SlipwayError, match=r"no address left.*larger network"):
        install(State(), release("v1", replicas=20), small, basis=Basis(), owner="")


def test_a_state_reads_back_as_it_was_written() -> None:
    first = install(
        State(),
        release("v1", migration=True),
        PROXY,
        basis=Basis("b", "t", {"two": "10.0.0.2:80"}),
        owner="ann",
    )
    state = State(
        epoch=3,
        serving=first,
        outcomes=(("t-ab", accord.ABORTED), ("a-cd", accord.COMMITTED)),
        migrated=("ab",),
        proxy=PROXY,
        keeping=Keeping(7, 60.0),
    )
    assert State.from_dict(state.to_dict()) == state


def test_the_ends_of_many_rollouts_are_kept_and_not_of_all() -> None:
    state = State()
    for number in range(accord.OUTCOMES_KEPT + 1):
        state = state.noted(f"rollout{number}", accord.COMMITTED)
    assert state.vote("rollout0") == accord.UNKNOWN
    assert state.vote("rollout1") == accord.COMMITTED
    assert len(state.outcomes) == accord.OUTCOMES_KEPT


def test_a_release_that_still_runs_is_warm_until_its_time_is_over() -> None:
    first = install(State(), release("v1"), PROXY, basis=Basis(), owner="")
    state = State(previous=first, warm_until=100.0)
    for now, warm in ((99.0, True), (100.0, False)):
        again = install(state, release("v1"), PROXY, basis=Basis(), owner="", now=now)
        assert again.warm == warm


def test_the_state_of_another_agent_is_refused() -> None:
    with pytest.raises(SlipwayError, match="another version of the agent"):
        State.from_dict({**State().to_dict(), "format": 99})
