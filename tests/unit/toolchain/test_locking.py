from __future__ import annotations

from pathlib import Path

import pytest

from toolchain import locking
from toolchain.errors import ToolchainError


def test_a_second_process_waits_only_so_long_and_names_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "setup.lock"
    with (
        locking.exclusive(lock, limit=1),
        pytest.raises(ToolchainError, match="has held the lock") as failure,
        locking.exclusive(lock, limit=0.1),
    ):
        pass
    assert lock.read_text() in failure.value.what
    assert "which holds setup.lock" in capsys.readouterr().err


def test_a_lock_is_free_again_after_a_failure(tmp_path: Path) -> None:
    lock = tmp_path / "setup.lock"
    with pytest.raises(OSError, match="disk"), locking.exclusive(lock, limit=1):
        raise OSError("disk")
    with locking.exclusive(lock, limit=0):
        assert lock.exists()
