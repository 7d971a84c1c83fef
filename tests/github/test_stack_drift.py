"""What others change at GitHub shows, and is put right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lab.github.simulator import Simulator
from lab.github.state import Environment
from lab.github.state.repository import Policy

from .program import Program
from .wanted import KEY, STACK, Wanted

Change = Callable[[Environment], object]


def overwritten(environment: Environment) -> None:
    secret = environment.vault.secrets["DEPLOY_SSH_KEY"]
    secret.value = "stolen"
    secret.updated_at = datetime.now(UTC) + timedelta(seconds=2)


UNSEEN: list[Change] = [
    overwritten,
    lambda environment: environment.vault.secrets.clear(),
    lambda environment: environment.reviewers.clear(),
]
"""What the provider's refresh doesn't see."""


@pytest.mark.parametrize("change", UNSEEN, ids=["overwritten", "removed", "reviewers"])
def test_what_a_refresh_misses_shows_in_a_plain_preview_and_heals(
    program: Program, simulator: Simulator, wanted: Wanted, change: Change
) -> None:
    program.up(wanted())
    environment = simulator.repository.environments[STACK]
    change(environment)
    assert sum(program.preview(wanted()).values()) == 1
    program.up(wanted())
    assert len(simulator.writes) == 1
    assert environment.vault.secrets["DEPLOY_SSH_KEY"].value == KEY
    assert len(environment.reviewers) == 2
    assert program.up(wanted()) == {}
    assert simulator.writes == []


def test_an_environment_that_others_removed_comes_back_with_its_secrets(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    simulator.repository.environments.clear()
    program.refresh()
    program.up(wanted())
    made = simulator.repository.environments[STACK]
    assert made.vault.secrets["DEPLOY_SSH_KEY"].value == KEY
    assert made.vault.variables["DEPLOY_HOST"].value == "203.0.113.21"
    assert [each.name for each in made.policies.values()] == ["v*"]
    assert program.up(wanted()) == {}


@pytest.mark.timeout(300)
def test_everything_else_shows_and_heals_with_a_refresh(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    found = simulator.repository
    environment = found.environments[STACK]
    environment.wait_timer = 0
    environment.vault.variables["DEPLOY_HOST"].value = "198.51.100.1"
    rule = next(each for each in found.protections if each.pattern == "main")
    rule.settings["requiredApprovingReviewCount"] = 0
    assert program.refresh() == {"update": 3}
    assert program.up(wanted()) == {"update": 3}
    assert environment.wait_timer == 5
    assert environment.vault.variables["DEPLOY_HOST"].value == "203.0.113.21"
    assert rule.settings["requiredApprovingReviewCount"] == 2


def test_a_branch_that_others_let_in_is_told(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    added = Policy(name="feature/*", type="branch")
    simulator.repository.environments[STACK].policies[added.id] = added
    assert "GitHub lets deployments from branch feature/* into production" in program.shown(
        wanted()
    )
