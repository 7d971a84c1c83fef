"""The workflows of this repository are what its configuration says."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.ci.files import files
from slipway.ci.project import read

REPOSITORY = Path(__file__).parents[4]


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_they_are_up_to_date(stack: str) -> None:
    written = {
        str(path.relative_to(REPOSITORY)): path.read_text()
        for path in (REPOSITORY / ".github").rglob("*.yml")
    }
    assert files(read(REPOSITORY, stack)) == written, "slipway workflows write . -s staging"
