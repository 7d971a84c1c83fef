from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.rollout.two_phase_commit import Decision, Vote, decide, transaction_id

OPEN = st.sampled_from([Vote.UNKNOWN, Vote.TENTATIVE, Vote.PREPARED])


@given(st.integers(1, 9))
def test_all_are_prepared(servers: int) -> None:
    assert decide([Vote.PREPARED] * servers) is Decision.COMMIT


@given(st.lists(OPEN), st.lists(OPEN))
def test_one_has_come_to_its_outcome(some: list[Vote], others: list[Vote]) -> None:
    assert decide([*some, Vote.COMMITTED, *others]) is Decision.COMMIT
    assert decide([*some, Vote.ABORTED, *others]) is Decision.ABORT


@given(st.lists(OPEN), st.sampled_from([Vote.UNKNOWN, Vote.TENTATIVE]))
def test_one_has_not_been_heard_or_may_still_go_back(others: list[Vote], silent: Vote) -> None:
    assert decide([*others, silent]) is Decision.WAIT


def test_nobody_was_asked() -> None:
    assert decide([]) is Decision.WAIT


@pytest.mark.parametrize("alone", list(Vote))
def test_every_vote_of_a_server_that_is_alone_has_its_decision(alone: Vote) -> None:
    assert (
        decide([alone])
        is {
            Vote.UNKNOWN: Decision.WAIT,
            Vote.TENTATIVE: Decision.WAIT,
            Vote.PREPARED: Decision.COMMIT,
            Vote.COMMITTED: Decision.COMMIT,
            Vote.ABORTED: Decision.ABORT,
        }[alone]
    )


def test_a_transaction_is_one_rollout_of_one_release() -> None:
    assert transaction_id("f00d", "aaaaaaaaaaaa") == "f00d-aaaaaaaaaaaa"
