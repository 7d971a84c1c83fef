from __future__ import annotations

import pytest

from bench.strategies import abort_seconds


def entry(time: float, outcome: str) -> dict[str, object]:
    return {"time": time, "outcome": outcome}


def test_an_abort_lasts_from_the_first_fault_to_the_last_action_anywhere() -> None:
    one = [entry(10.0, "begun"), entry(12.0, "failed: it complains"), entry(12.5, "done")]
    other = [entry(11.0, "done"), entry(13.25, "done")]
    assert abort_seconds([*one, *other]) == 1.25


def test_a_rollout_without_a_fault_has_no_abort() -> None:
    with pytest.raises(ValueError, match="empty"):
        abort_seconds([entry(10.0, "done")])
