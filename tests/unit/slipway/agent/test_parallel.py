from __future__ import annotations

import threading

import pytest

from slipway.agent.parallel import in_parallel


@pytest.mark.parametrize("things", [[], [1], [3, 1, 2]])
def test_results_come_in_the_order_of_the_things(things: list[int]) -> None:
    assert in_parallel(lambda thing: thing * 2, things, 2) == [thing * 2 for thing in things]


def test_several_are_done_at_once() -> None:
    together = threading.Barrier(3, timeout=5)  # breaks when one waits for another to end
    in_parallel(lambda _: together.wait(), range(3), 3)


def test_an_error_is_raised_when_the_others_have_ended() -> None:
    done = []

    def do(thing: int) -> None:
        if thing == 1:
            raise ValueError("one")
        done.append(thing)

    with pytest.raises(ValueError, match="one"):
        in_parallel(do, [1, 2, 3], 3)
    assert sorted(done) == [2, 3]
