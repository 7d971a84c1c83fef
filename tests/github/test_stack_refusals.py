"""What can't work is told before the first write."""

from __future__ import annotations

from typing import Final

import pytest
from pulumi import automation

from fakes.github.program import Program
from fakes.github.simulator import Simulator

from .deployed import Deployed
from .wanted import STACK, Wanted

FAULTS: Final = """
secrets: {API_KEY: value}
workflows: {ci: {secrets: [API_KEY]}}
github:
  environment: {reviewers: {users: [ada, bob], teams: [ops]}, tags: [w*]}
  branches: {main: {checks: [tset]}}
  tags: {patterns: [w*]}
  workflow_branch: nowhere
"""
TOLD: Final = (
    "github/environment/reviewers/users/1: there is no GitHub user `bob`",
    "github/environment/reviewers/teams/0: there is no GitHub team `ops` in acme",
    "github/environment/tags: do not allow the tags `v*`",
    "github/secrets: the workflows need `API_KEY`, which is not set",
    "github/branches/main/checks/0: CI has no job `tset`",
    "github/tags/patterns: exclude the release tags `v*`",
    "github/workflow_branch: the repository has no branch `nowhere`",
)


def refused(deployed: Deployed, *changes: str, **token: str) -> str:
    """What an update says that comes to nothing."""
    with pytest.raises(automation.CommandError) as told:
        deployed.program.up(deployed.wanted(*changes, **token))
    assert deployed.simulator.writes == []
    return str(told.value)


def test_all_bad_settings_are_told_at_once_before_any_write(deployed: Deployed) -> None:
    told = refused(deployed, FAULTS)
    assert [each for each in TOLD if f"{STACK}/{each}" not in told] == []


def test_a_repository_that_is_not_there_is_told(deployed: Deployed) -> None:
    assert "there is no repository acme/blog" in refused(deployed, "github: {repository: blog}")


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [(("repo", "read:org"), "`workflow`"), (("workflow",), "`read:org`, `repo`")],
)
def test_a_missing_scope_is_named(
    deployed: Deployed, scopes: tuple[str, ...], missing: str
) -> None:
    token = deployed.simulator.token_with(*scopes).text
    told = refused(deployed, token=token)
    assert f"lacks the scope {missing}" in told
    assert token not in told


def test_a_token_that_is_not_valid_is_told(deployed: Deployed) -> None:
    assert "Set a token that is valid" in refused(deployed, token="ghp_expired")


def test_a_refusal_says_what_was_asked_and_which_permissions_it_takes(deployed: Deployed) -> None:
    deployed.simulator.fail_next(403, path=f"/environments/{STACK}")
    told = refused(deployed)
    assert f"GitHub: repos/acme/shop/environments/{STACK}: no answer" in told
    assert "Administration, Environments, Secrets and Variables" in told


def test_a_plan_without_rulesets_is_told_and_can_still_have_everything_else(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    simulator.repository.paid = False
    with pytest.raises(automation.CommandError) as told:
        program.up(wanted())
    assert "Upgrade to GitHub Pro or make this repository public" in str(told.value)
    assert "set `protection: false` in slipway:github, or upgrade the plan" in str(told.value)
    assert simulator.writes == []

    everything_else = wanted("github: {protection: false, branches: null, tags: null}")
    program.up(everything_else)
    made = simulator.repository
    assert (made.protections, made.rulesets) == ([], {})
    assert made.vault.secrets.keys() == {"SLACK_WEBHOOK"}
    assert made.vault.variables.keys() == {"DOMAIN"}
    assert made.environments[STACK].vault.secrets.keys() == {"DEPLOY_SSH_KEY"}
    committed = made.branches.resolve("slipway")
    assert committed
    assert ".github/workflows/deploy.yml" in committed.files
    assert program.preview(everything_else) == {}


def test_a_busy_github_is_waited_for(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    simulator.fail_next(503, times=2, method="GET", path="/repos/acme/shop")
    simulator.fail_next(429, method="PUT", path="/secrets/", retry_after=1)
    simulator.fail_next(502, method="POST", path="/rulesets")
    program.up(wanted())
    assert 503 in [each.status for each in simulator.requests]
    assert program.up(wanted()) == {}
