from __future__ import annotations

import fcntl
from typing import TextIO

import pytest


@pytest.fixture(autouse=True)
def _lab_is_free(lab_in_use: TextIO) -> None:
    """Who waits for the lab's users to be done need not wait for unit tests."""
    fcntl.flock(lab_in_use, fcntl.LOCK_UN)
