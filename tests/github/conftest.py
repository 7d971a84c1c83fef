"""A GitHub of one's own for each test, and the plugin that speaks to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.github.simulator import Simulator

from .program import Program
from .wanted import wanted

__all__ = ["program", "simulator", "wanted"]

PLUGIN = "resource-github-v6.15.0"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Fails the test for whatever GitHub's own schemas don't have."""
    with Simulator() as started:
        yield started
        assert started.violations == []


@pytest.fixture
def program(simulator: Simulator, tmp_path: Path) -> Program:
    home = Path(os.environ.get("PULUMI_HOME", ""))
    if not (home / "plugins" / PLUGIN).is_dir():
        pytest.fail("the GitHub plugin is not installed: run `make github`", pytrace=False)
    return Program(simulator, tmp_path)
