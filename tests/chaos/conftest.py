"""Two servers with the shop's first release, which all chaos tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaos.fleet import SERVERS, Fleet
from lab.workspace import Workspace


@pytest.fixture(scope="package")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Removed in the end, whatever became of it."""
    fleet = Fleet(Workspace(tmp_path_factory.mktemp("chaos")), servers=SERVERS[:2])
    try:
        fleet.prepare()
        yield fleet
    finally:
        fleet.remove()
