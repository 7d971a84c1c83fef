"""A repository that has settings already."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi import automation

from lab.github.simulator import Simulator

from .program import Program
from .wanted import STACK, Wanted


@pytest.fixture
def second(program: Program, wanted: Wanted, simulator: Simulator, tmp_path: Path) -> Program:
    """A stack that knows nothing of what another one has made, and others have changed."""
    program.up(wanted())
    simulator.repository.environments[STACK].wait_timer = 30
    folder = tmp_path / "second"
    folder.mkdir()
    return Program(simulator, folder)


def test_what_exists_is_an_error_that_names_all_of_it(
    second: Program, simulator: Simulator, wanted: Wanted
) -> None:
    with pytest.raises(automation.CommandError) as told:
        second.up(wanted())
    for name in (
        f"{STACK}-environment",
        f"{STACK}-tag-v*",
        f"{STACK}-secret-DEPLOY_SSH_KEY",
        f"{STACK}-variable-DEPLOY_HOST",
        "repository-branch-main",
        "repository-release-tags",
        "repository-file-.github/workflows/ci.yml",
    ):
        assert name in str(told.value)
    assert simulator.writes == []


@pytest.mark.timeout(300)
def test_what_exists_is_first_taken_over_and_then_changed(
    second: Program, simulator: Simulator, wanted: Wanted
) -> None:
    adopting = wanted("github: {adopt: true}")
    environment = simulator.repository.environments[STACK]
    assert second.up(adopting)["import"] > 8
    assert environment.wait_timer == 30
    assert all("/contents/" in each or "/secrets/" in each for each in simulator.writes)
    assert second.up(adopting) == {"update": 1}
    assert environment.wait_timer == 5
    assert second.up(wanted()) == {}
    assert simulator.writes == []
