"""A repository that has settings already."""

from __future__ import annotations

import pytest
from pulumi import automation

from fakes.github.program import Program
from fakes.github.simulator import Simulator

from .wanted import STACK, Wanted


@pytest.mark.timeout(300)
def test_what_exists_is_an_error_until_it_may_be_taken_over_and_is_changed_only_after_that(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    program.forget()
    environment = simulator.repository.environments[STACK]
    environment.wait_timer = 30
    with pytest.raises(automation.CommandError) as told:
        program.up(wanted())
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

    adopting = wanted("github: {adopt: true}")
    assert program.up(adopting)["import"] > 8
    assert environment.wait_timer == 30
    assert all("/contents/" in each or "/secrets/" in each for each in simulator.writes)
    assert program.up(adopting) == {"update": 1}
    assert environment.wait_timer == 5
    assert program.up(wanted()) == {}
    assert simulator.writes == []
