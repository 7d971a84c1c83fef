"""Marks every test by the folder it lies in, and gives slower folders longer limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# The limit of each whole test is enough: a single example is slow when the machine is busy.
settings.register_profile("slipway", deadline=None)
settings.load_profile("slipway")

TESTS = Path(__file__).parent

LIMITS = {
    "unit": 60,
    "conformance": 120,
    "shop": 120,
    "workflows": 600,
    "agent": 300,
    "github": 180,
    "lab": 900,
    "chaos": 900,
}
"""Folder → seconds that one test in it may take, fixtures included."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if TESTS in item.path.parents else ""
        if folder not in LIMITS:
            continue
        item.add_marker(folder)
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LIMITS[folder]))
