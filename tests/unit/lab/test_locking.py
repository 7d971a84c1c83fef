from __future__ import annotations

from pathlib import Path

import pytest

from lab.locking import exclusive
from slipway.errors import SlipwayError


def test_one_process_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with (
        exclusive(file, "changing the lab", limit=0.1),
        pytest.raises(SlipwayError, match="another process has been changing the lab for more"),
        exclusive(file, "changing the lab", limit=0.1),
    ):
        pass


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with pytest.raises(ZeroDivisionError), exclusive(file, "failing", limit=0.1):
        raise ZeroDivisionError
    with exclusive(file, "trying again", limit=0.1):
        pass
