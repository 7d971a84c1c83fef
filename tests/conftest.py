"""Marks every test by its suite, the folder it lies in, and says which run side by side."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# The limit of each whole test is enough: a single example is slow when the machine is busy.
settings.register_profile("slipway", deadline=None)
settings.load_profile("slipway")

TESTS = Path(__file__).parent

LIMITS = {
    "lab": 900,
    "github": 180,
    "chaos": 900,
    "workflows": 600,
    "agent": 300,
    "conformance": 120,
    "shop": 120,
    "unit": 60,
}
"""Suite → seconds that one test in it may take, fixtures included."""

GROUPS = {"lab": "lab", "chaos": "chaos", "conformance": "conformance", "shop": "shop"}
"""Suite → the group of its tests, which one process runs in turn: they share servers."""
BY_FILE = {"agent", "github", "workflows"}
"""Suites in which each file is a group: each process has servers of its own for them."""
PROOFS = {Path("github/provider"), Path("workflows/test_shop.py")}
"""Folders and files that `make proofs` runs, and `make test` does not."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if TESTS not in item.path.parents:
            continue
        file = item.path.relative_to(TESTS)
        suite = file.parts[0]
        item.add_marker(suite)
        if group := file.as_posix() if suite in BY_FILE else GROUPS.get(suite):
            item.add_marker(pytest.mark.xdist_group(group))
        if not PROOFS.isdisjoint([file, *file.parents]):
            item.add_marker("proof")
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LIMITS[suite]))
