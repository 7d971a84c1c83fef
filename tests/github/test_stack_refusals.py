"""What can't work is told before the first write."""

from __future__ import annotations

import pytest
from pulumi import automation

from lab.github.simulator import Simulator

from .program import Program
from .wanted import STACK, Wanted

FAULTS = [
    ("github: {environment: {reviewers: {users: [ada, bob]}}}", "GitHub knows no user `bob`"),
    ("github: {environment: {reviewers: {teams: [ops]}}}", "GitHub knows no team `ops` in acme"),
    ("github: {environment: {secrets: []}}", "need `DEPLOY_SSH_KEY`, and nobody has set it"),
    ("github: {branches: {main: {checks: [tset]}}}", "no job of CI is called `tset`"),
    ("github: {tags: {patterns: [w*]}}", "exclude the release tags `v*`"),
    ("github: {environment: {tags: [w*]}}", "admit no tag `v*`"),
    ("github: {workflow_branch: nowhere}", "the repository has no branch `nowhere`"),
    ("github: {repository: blog}", "there is no repository acme/blog"),
]


@pytest.mark.parametrize(("change", "text"), FAULTS)
def test_bad_settings_are_an_error_before_any_write(
    program: Program, simulator: Simulator, wanted: Wanted, change: str, text: str
) -> None:
    with pytest.raises(automation.CommandError) as told:
        program.up(wanted(change))
    assert text in str(told.value)
    assert f"{STACK}/github" in str(told.value)
    assert simulator.writes == []


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [(("repo", "read:org"), "workflow"), (("workflow",), "`read:org`, `repo`")],
)
def test_a_missing_scope_is_named(
    program: Program, simulator: Simulator, wanted: Wanted, scopes: tuple[str, ...], missing: str
) -> None:
    token = simulator.token_with(*scopes).text
    with pytest.raises(automation.CommandError, match="lacks the scope") as told:
        program.up(wanted(token=token))
    assert missing in str(told.value)
    assert token not in str(told.value)
    assert simulator.writes == []


def test_a_token_that_is_not_valid_is_told(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    with pytest.raises(automation.CommandError, match="Set a token that is valid"):
        program.up(wanted(token="ghp_expired"))
    assert simulator.writes == []


def test_a_refusal_says_what_was_asked_and_which_permissions_it_takes(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    simulator.fail_next(403, path="/environments/production")
    with pytest.raises(automation.CommandError) as told:
        program.up(wanted())
    assert "GitHub: repos/acme/shop/environments/production: no answer" in str(told.value)
    assert "Administration, Environments, Secrets and Variables" in str(told.value)
    assert simulator.writes == []


def test_a_busy_github_is_waited_for(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    simulator.fail_next(503, times=2, method="GET", path="/repos/acme/shop")
    simulator.fail_next(429, method="PUT", path="/secrets/", retry_after=1)
    simulator.fail_next(502, method="POST", path="/rulesets")
    program.up(wanted())
    assert program.up(wanted()) == {}
