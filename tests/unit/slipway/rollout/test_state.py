from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.errors import SlipwayError
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import (
    Outcome,
    Phase,
    RetiredRelease,
    State,
    certificate_digest,
    install,
)
from slipway.rollout.two_phase_commit import OUTCOMES_KEPT, Vote
from tests.unit.slipway.rollout.sample import PROXY, release

OLD = install(State(), release("v1"), PROXY, context=RolloutContext())
NEW = install(State(serving=OLD), release("v2"), PROXY, context=RolloutContext("v1", "t0ken"))


def test_releases_side_by_side_have_other_colours_and_addresses() -> None:
    first = install(State(), release("v1", replicas=2), PROXY, context=RolloutContext())
    second = install(State(serving=first), release("v2"), PROXY, context=RolloutContext())
    assert first.addresses == {
        "web-1": "172.31.240.10", "web-2": "172.31.240.11", "worker-1": "172.31.240.12",
    }  # fmt: skip
    assert second.addresses == {"web-1": "172.31.240.13", "worker-1": "172.31.240.14"}
    assert (first.colour, second.colour) == ("a", "b")


def test_addresses_of_a_retired_release_are_given_again() -> None:
    first = install(State(), release("v1"), PROXY, context=RolloutContext())
    second = install(State(serving=first), release("v2"), PROXY, context=RolloutContext())
    third = install(State(serving=second), release("v3"), PROXY, context=RolloutContext())
    assert third.addresses == first.addresses


def test_an_installed_release_keeps_its_addresses_and_takes_the_free_colour() -> None:
    first = install(State(), release("v1"), PROXY, context=RolloutContext())
    second = install(State(serving=first), release("v2"), PROXY, context=RolloutContext())
    state = State(serving=second, previous=first)
    again = install(state, release("v1"), PROXY, context=RolloutContext())
    assert again.addresses == first.addresses
    assert again.colour == "a"


def test_a_full_network_is_an_error_with_a_remedy() -> None:
    small = replace(PROXY, network="10.0.0.0/27")
    with pytest.raises(SlipwayError, match=r"no address left.*larger network"):
        install(State(), release("v1", replicas=20), small, context=RolloutContext())


def test_the_outcomes_of_many_rollouts_are_kept_and_not_of_all() -> None:
    state = State()
    for number in range(OUTCOMES_KEPT + 1):
        state = state.ended(f"rollout{number}", Vote.COMMITTED)
    assert state.vote("rollout0") == Vote.UNKNOWN
    assert state.vote("rollout1") == Vote.COMMITTED
    assert len(state.outcomes) == OUTCOMES_KEPT


def test_a_release_that_still_runs_is_warm_until_its_time_is_over() -> None:
    first = install(State(), release("v1"), PROXY, context=RolloutContext())
    state = State(previous=first, warm_until=100.0)
    for now, warm in ((99.0, True), (100.0, False)):
        again = install(state, release("v1"), PROXY, context=RolloutContext(), now=now)
        assert again.warm == warm


@pytest.mark.parametrize(
    ("phase", "weight", "traffic", "after_restart", "vote"),
    [
        (Phase.STARTING, 0, {"old": 100}, {"old": 100}, Vote.TENTATIVE),
        (Phase.STARTED, 0, {"old": 100, "new": 0}, {"old": 100, "new": 0}, Vote.TENTATIVE),
        (Phase.SWITCHING, 5, {"old": 95, "new": 5}, {"old": 100, "new": 0}, Vote.TENTATIVE),
        (Phase.SWITCHED, 25, {"old": 75, "new": 25}, {"old": 100, "new": 0}, Vote.TENTATIVE),
        (Phase.SWITCHED, 100, {"old": 0, "new": 100}, {"old": 100, "new": 0}, Vote.TENTATIVE),
        (Phase.PREPARED, 100, {"old": 0, "new": 100}, {"old": 0, "new": 100}, Vote.PREPARED),
        (Phase.ABORTING, 25, {"old": 100, "new": 0}, {"old": 100, "new": 0}, Vote.ABORTED),
    ],
)
def test_a_release_on_trial_serves_only_until_the_proxy_starts_anew(
    phase: Phase, weight: int, traffic: dict[str, int], after_restart: dict[str, int], vote: Vote
) -> None:
    ids = {"old": OLD.id, "new": NEW.id}
    state = State(phase=phase, serving=OLD, candidate=NEW, weight=weight)
    assert state.traffic == {ids[name]: share for name, share in traffic.items()}
    assert state.traffic_after_restart == {
        ids[name]: share for name, share in after_restart.items()
    }
    assert state.vote(NEW.transaction) == vote


@pytest.mark.parametrize("phase", [Phase.SWITCHING, Phase.SWITCHED, Phase.PREPARED])
def test_the_first_release_has_all_the_traffic_whatever_its_share(phase: Phase) -> None:
    state = State(phase=phase, candidate=NEW, weight=5)
    assert state.traffic == {NEW.id: 100}
    assert state.traffic_after_restart == {NEW.id: 100 if phase == Phase.PREPARED else 0}


def test_a_settled_server_gives_all_to_what_serves_and_votes_on_nothing() -> None:
    state = State(serving=NEW, previous=OLD)
    assert state.traffic == state.traffic_after_restart == {NEW.id: 100}
    assert state.votes == {}
    assert State().traffic == State().traffic_after_restart == {}


def test_a_vote_that_is_open_hides_no_outcome_of_an_earlier_rollout() -> None:
    ended = State(serving=OLD).ended("rollout1", Vote.COMMITTED)
    state = replace(ended, phase=Phase.STARTED, candidate=NEW)
    assert state.votes == {
        "rollout1": Vote.COMMITTED,
        NEW.transaction: Vote.TENTATIVE,
    }
    assert NEW.transaction == f"t0ken-{NEW.id}"
    assert state.vote("rollout2") == Vote.UNKNOWN


def test_the_same_rollout_has_one_outcome_however_often_it_ends() -> None:
    state = State().ended("a", Vote.PREPARED).ended("b", Vote.ABORTED)
    assert state.ended("a", Vote.COMMITTED).outcomes == (
        Outcome("b", Vote.ABORTED),
        Outcome("a", Vote.COMMITTED),
    )


def test_images_are_kept_of_all_that_may_serve_again() -> None:
    former = RetiredRelease("ef", "v0", ("shop@sha256:0",))
    third = install(State(), release("v3"), PROXY, context=RolloutContext())
    state = State(phase=Phase.IDLE, serving=OLD, previous=third, candidate=NEW, former=(former,))
    expected = {f"registry/shop@sha256:{version}" for version in ("v1", "v2", "v3")}
    assert state.images == expected | {"shop@sha256:0"}


def test_a_release_that_is_not_installed_is_told_so() -> None:
    assert State(serving=OLD, candidate=NEW).revision(NEW.id) == NEW
    with pytest.raises(SlipwayError, match=r"0000 is not installed here\. Run `pulumi up`"):
        State(serving=OLD).revision("0000")


def test_only_the_release_before_is_warm_and_not_what_serves_or_failed() -> None:
    state = State(serving=OLD, candidate=NEW, phase=Phase.STARTED, warm_until=100.0)
    for version in ("v1", "v2"):
        again = install(state, release(version), PROXY, context=RolloutContext(), now=50.0)
        assert not again.warm


def test_another_certificate_has_another_digest_and_none_has_none() -> None:
    assert certificate_digest("PEM") == "384fb9a44fabe158"
    assert certificate_digest("") == ""
