from __future__ import annotations

import json

import pytest

from slipway.errors import SlipwayError
from slipway.release import accord
from slipway.release.basis import Basis
from slipway.release.state import (
    ABORTING,
    CONFIRMED,
    IDLE,
    STAGED,
    STAGING,
    SWITCHED,
    SWITCHING,
    Former,
    Keeping,
    State,
    install,
)
from slipway.values import replace
from tests.unit.slipway.release.sample import PROXY, release

OLD = install(State(), release("v1"), PROXY, basis=Basis(), owner="")
NEW = install(State(serving=OLD), release("v2"), PROXY, basis=Basis("v1", "t0ken"), owner="")


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
        candidate=install(State(serving=first), release("v2"), PROXY, basis=Basis(), owner="bob"),
        phase=SWITCHED,
        weight=25,
        warm_until=7.5,
        outcomes=(("t-ab", accord.ABORTED), ("a-cd", accord.COMMITTED)),
        former=(Former("ef", "v0", ("shop@sha256:0",)),),
        migrated=("ab",),
        proxy=PROXY,
        keeping=Keeping(7, 60.0),
    )
    assert State.from_dict(json.loads(json.dumps(state.to_dict()))) == state


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


@pytest.mark.parametrize("other", [1, 99])
def test_the_state_of_another_agent_is_refused(other: int) -> None:
    with pytest.raises(SlipwayError, match="another version of the agent"):
        State.from_dict({**State().to_dict(), "format": other})


@pytest.mark.parametrize(
    ("phase", "weight", "traffic", "lasting", "vote"),
    [
        (STAGING, 0, {"old": 100}, {"old": 100}, accord.TENTATIVE),
        (STAGED, 0, {"old": 100, "new": 0}, {"old": 100, "new": 0}, accord.TENTATIVE),
        (SWITCHING, 5, {"old": 95, "new": 5}, {"old": 100, "new": 0}, accord.TENTATIVE),
        (SWITCHED, 25, {"old": 75, "new": 25}, {"old": 100, "new": 0}, accord.TENTATIVE),
        (SWITCHED, 100, {"old": 0, "new": 100}, {"old": 100, "new": 0}, accord.TENTATIVE),
        (CONFIRMED, 100, {"old": 0, "new": 100}, {"old": 0, "new": 100}, accord.CONFIRMED),
        (ABORTING, 25, {"old": 100, "new": 0}, {"old": 100, "new": 0}, accord.ABORTED),
    ],
)
def test_a_release_on_trial_serves_only_until_the_proxy_starts_anew(
    phase: str, weight: int, traffic: dict[str, int], lasting: dict[str, int], vote: str
) -> None:
    ids = {"old": OLD.id, "new": NEW.id}
    state = State(phase=phase, serving=OLD, candidate=NEW, weight=weight)
    assert state.traffic == {ids[name]: share for name, share in traffic.items()}
    assert state.lasting == {ids[name]: share for name, share in lasting.items()}
    assert state.vote(NEW.ballot) == vote


@pytest.mark.parametrize("phase", [SWITCHING, SWITCHED, CONFIRMED])
def test_the_first_release_has_all_the_traffic_whatever_its_share(phase: str) -> None:
    state = State(phase=phase, candidate=NEW, weight=5)
    assert state.traffic == {NEW.id: 100}
    assert state.lasting == {NEW.id: 100 if phase == CONFIRMED else 0}


def test_a_settled_server_gives_all_to_what_serves_and_votes_on_nothing() -> None:
    state = State(serving=NEW, previous=OLD)
    assert state.traffic == state.lasting == {NEW.id: 100}
    assert state.votes == {}
    assert State().traffic == State().lasting == {}


def test_a_vote_that_is_open_hides_no_end_of_an_earlier_rollout() -> None:
    ended = State(serving=OLD).noted("rollout1", accord.COMMITTED)
    state = replace(ended, phase=STAGED, candidate=NEW)
    assert state.votes == {"rollout1": accord.COMMITTED, NEW.ballot: accord.TENTATIVE}
    assert NEW.ballot == f"t0ken-{NEW.id}"
    assert state.vote("rollout2") == accord.UNKNOWN


def test_the_same_rollout_has_one_end_however_often_it_is_noted() -> None:
    state = State().noted("a", accord.CONFIRMED).noted("b", accord.ABORTED)
    assert state.noted("a", accord.COMMITTED).outcomes == (
        ("b", accord.ABORTED),
        ("a", accord.COMMITTED),
    )


def test_images_are_kept_of_all_that_may_serve_again() -> None:
    former = Former("ef", "v0", ("shop@sha256:0",))
    third = install(State(), release("v3"), PROXY, basis=Basis(), owner="")
    state = State(phase=IDLE, serving=OLD, previous=third, candidate=NEW, former=(former,))
    expected = {f"registry/shop@sha256:{version}" for version in ("v1", "v2", "v3")}
    assert state.images == expected | {"shop@sha256:0"}


def test_a_release_that_is_not_installed_is_told_so() -> None:
    assert State(serving=OLD, candidate=NEW).revision(NEW.id) == NEW
    with pytest.raises(SlipwayError, match=r"0000 is not installed here\. Stage it first"):
        State(serving=OLD).revision("0000")


def test_only_the_release_before_is_warm_and_not_what_serves_or_failed() -> None:
    state = State(serving=OLD, candidate=NEW, phase=STAGED, warm_until=100.0)
    for version in ("v1", "v2"):
        again = install(state, release(version), PROXY, basis=Basis(), owner="", now=50.0)
        assert not again.warm
