"""How many servers switch at once."""

from __future__ import annotations

import pytest

from slipway.settings.rollout import Rollout


@pytest.mark.parametrize(
    ("batch", "servers", "size"),
    [(1, 3, 1), (2, 3, 2), (5, 3, 3), ("50%", 3, 1), ("50%", 4, 2), ("1%", 3, 1), ("100%", 3, 3)],
)
def test_a_batch_is_between_one_server_and_all(batch: int | str, servers: int, size: int) -> None:
    assert Rollout(batch=batch).batch_size(servers) == size
