"""What others change at GitHub shows, and is put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fakes.github.state.repository import Policy

from .deployed import Deployed
from .wanted import HOOK, KEY, STACK


def test_what_a_refresh_misses_shows_in_a_plain_preview_and_heals(deployed: Deployed) -> None:
    """The provider's refresh sees none of these."""
    environment, vault = deployed.environment, deployed.simulator.repository.vault
    environment.reviewers.clear()
    environment.vault.secrets.clear()
    vault.secrets["SLACK_WEBHOOK"].value = "stolen"
    vault.secrets["SLACK_WEBHOOK"].updated_at = datetime.now(UTC) + timedelta(seconds=2)
    assert sum(deployed.program.preview(deployed.wanted()).values()) == 3
    deployed.program.up()
    assert len(deployed.simulator.writes) == 3
    assert environment.vault.secrets["DEPLOY_SSH_KEY"].value == KEY
    assert vault.secrets["SLACK_WEBHOOK"].value == HOOK
    assert len(environment.reviewers) == 2
    assert deployed.program.up(deployed.wanted()) == {}
    assert deployed.simulator.writes == []


def test_an_environment_that_others_removed_comes_back_with_its_secrets(deployed: Deployed) -> None:
    deployed.simulator.repository.environments.clear()
    deployed.program.refresh()
    deployed.program.up(deployed.wanted())
    assert deployed.environment.vault.secrets["DEPLOY_SSH_KEY"].value == KEY
    assert deployed.environment.vault.variables["DEPLOY_HOST"].value == "203.0.113.21"
    assert [each.name for each in deployed.environment.policies.values()] == ["v*"]
    assert deployed.program.up(deployed.wanted()) == {}


def test_everything_else_shows_and_heals_with_a_refresh(deployed: Deployed) -> None:
    found, environment = deployed.simulator.repository, deployed.environment
    environment.wait_timer = 0
    environment.vault.variables["DEPLOY_HOST"].value = "198.51.100.1"
    rule = next(each for each in found.protections if each.pattern == "main")
    rule.settings["requiredApprovingReviewCount"] = 0
    file = ".github/workflows/ci.yml"
    found.branches.commit("slipway", "By hand", {file: b"on: push\n"})
    assert deployed.program.refresh() == {"update": 4}
    assert deployed.program.up(deployed.wanted()) == {"update": 4}
    assert environment.wait_timer == 5
    assert environment.vault.variables["DEPLOY_HOST"].value == "203.0.113.21"
    assert rule.settings["requiredApprovingReviewCount"] == 2
    committed = found.branches.resolve("slipway")
    assert committed
    assert committed.files[file] != b"on: push\n"


def test_a_branch_that_others_let_in_is_told(deployed: Deployed) -> None:
    added = Policy(name="feature/*", type="branch")
    deployed.environment.policies[added.id] = added
    shown = deployed.program.shown(deployed.wanted())
    del deployed.environment.policies[added.id]
    assert f"GitHub allows deployments from branch feature/* to {STACK}" in shown
