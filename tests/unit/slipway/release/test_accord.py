from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slipway.release.accord import (
    ABORTED,
    COMMIT,
    COMMITTED,
    CONFIRMED,
    GO_BACK,
    TENTATIVE,
    UNKNOWN,
    WAIT,
    conclusion,
)

OPEN = st.sampled_from([UNKNOWN, TENTATIVE, CONFIRMED])


@given(st.integers(1, 9))
def test_all_have_confirmed(servers: int) -> None:
    assert conclusion([CONFIRMED] * servers) == COMMIT


@given(st.lists(OPEN))
def test_one_has_come_to_its_end(others: list[str]) -> None:
    assert conclusion([*others, COMMITTED]) == COMMIT
    assert conclusion([*others, ABORTED]) == GO_BACK


@given(st.lists(OPEN), st.sampled_from([UNKNOWN, TENTATIVE]))
def test_one_has_not_been_heard(others: list[str], silent: str) -> None:
    assert conclusion([*others, silent]) == WAIT


def test_nobody_was_asked() -> None:
    assert conclusion([]) == WAIT
