"""A GitHub of one's own for each test, and the plugin that speaks to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.github.program import Program
from fakes.github.simulator import Simulator

from .deployed import Deployed, deployed_stack
from .wanted import Wanted, prepared

PLUGIN = "resource-github-v6.15.0"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Fails the test for whatever GitHub's own schemas don't have."""
    with Simulator() as started:
        yield started
        assert started.violations == []


@pytest.fixture(scope="session")
def plugin() -> None:
    home = Path(os.environ.get("PULUMI_HOME", ""))
    if not (home / "plugins" / PLUGIN).is_dir():
        pytest.fail("the GitHub plugin is not installed: run `make github`", pytrace=False)


@pytest.fixture
def program(simulator: Simulator, tmp_path: Path, plugin: None) -> Program:
    return Program(simulator, tmp_path)


@pytest.fixture
def wanted(simulator: Simulator, tmp_path: Path) -> Wanted:
    return prepared(simulator, tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, plugin: None) -> Iterator[Deployed]:
    """A stack that the tests of a file share."""
    with deployed_stack(tmp_path_factory.mktemp("deployed")) as deployed:
        yield deployed


@pytest.fixture
def deployed(shared: Deployed) -> Iterator[Deployed]:
    """A stack that other tests use, too: leave it as it is."""
    yield shared
    assert shared.simulator.violations == []
