"""A stack and all that it owns at GitHub, from its configuration to the calls."""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

import pytest
from pulumi import automation

from fakes.github.program import Program
from fakes.github.simulator import Simulator

from .deployed import Deployed
from .wanted import HOOK, KEY, STACK, Wanted

ENVIRONMENT: Final = f"PUT /repos/acme/shop/environments/{STACK}"
RULES: Final = "POST mutation updateBranchProtectionRule"
RULESETS: Final = "PUT /repos/acme/shop/rulesets/"
VARIABLES: Final = f"/repos/acme/shop/environments/{STACK}/variables"


def test_a_preview_writes_nothing(deployed: Deployed) -> None:
    assert deployed.foreseen["create"] > 20
    assert deployed.written_by_preview == []


def test_everything_comes_to_github_as_configured(deployed: Deployed) -> None:
    found, made = deployed.simulator.repository, deployed.environment
    ada, operators = deployed.simulator.users[0], deployed.simulator.organization.teams["operators"]
    assert {each.id for each in made.reviewers} == {ada.id, operators.id}
    assert (made.wait_timer, made.prevent_self_review, made.can_admins_bypass) == (5, True, False)
    assert [(each.type, each.name) for each in made.policies.values()] == [("tag", "v*")]
    assert made.vault.secrets["DEPLOY_SSH_KEY"].value == KEY
    assert made.vault.variables["DEPLOY_HOST"].value == "203.0.113.21"
    assert found.vault.secrets["SLACK_WEBHOOK"].value == HOOK
    assert found.vault.variables["DOMAIN"].value == "example.org"
    assert {each.pattern for each in found.protections} == {"main", "develop"}
    assert {each.fields["name"] for each in found.rulesets.values()} == {
        "slipway: release-tags",
        "slipway: release-creators",
        "slipway: deployed-main",
    }
    committed = found.branches.resolve("slipway")
    assert committed
    assert ".github/workflows/deploy.yml" in committed.files


def test_branches_require_the_jobs_that_the_committed_workflow_has(deployed: Deployed) -> None:
    committed = deployed.simulator.repository.branches.resolve("slipway")
    assert committed
    text = committed.files[".github/workflows/ci.yml"].decode()
    for rule in deployed.simulator.repository.protections:
        contexts = rule.settings["requiredStatusCheckContexts"]
        assert contexts
        assert all(f"name: {name}" in text for name in contexts if "(" not in name)


def test_without_a_change_nothing_is_written(deployed: Deployed) -> None:
    assert deployed.program.preview(deployed.wanted()) == {}
    assert deployed.program.up() == {}
    assert deployed.simulator.writes == []


OF_THE_ENVIRONMENT: Final = [
    ("reviewers: {users: [ada, grace]}", ENVIRONMENT),
    ("wait: 10m", ENVIRONMENT),
    ("self_review: true", ENVIRONMENT),
    ("administrators_bypass: true", ENVIRONMENT),
    ('tags: ["v*", "hotfix-*"]', f"POST /repos/acme/shop/environments/{STACK}/deployment-branch-"),
]
OF_VALUES: Final = [
    ("environment: {variables: {DEPLOY_HOST: 203.0.113.22}}", f"PATCH {VARIABLES}/DEPLOY_HOST"),
    ("environment: {variables: {DEPLOY_PORT: '22'}}", f"POST {VARIABLES}"),
    ("variables: {DOMAIN: example.com}", "PATCH /repos/acme/shop/actions/variables/DOMAIN"),
    ("tags: {creators: {users: [ada]}}", RULESETS),
    ("branches: {main: {deployed_to: [qa]}}", RULESETS),
]
OF_MAIN: Final = [
    "approvals: 1",
    "code_owners: true",
    "dismiss_stale: false",
    "checks: [lint]",
    "up_to_date: false",
]
OF_DEVELOP: Final = [
    "conversations: false",
    "signed: true",
    "linear: true",
    "administrators: false",
]


def rounds() -> list[list[tuple[str, str]]]:
    """Changes of different resources at once; every setting is changed in one of the rounds."""
    columns = (
        [(f"environment: {{{change}}}", call) for change, call in OF_THE_ENVIRONMENT],
        OF_VALUES,
        [(f"branches: {{main: {{{change}}}}}", RULES) for change in OF_MAIN],
        [(f"branches: {{develop: {{{change}}}}}", RULES) for change in OF_DEVELOP],
    )
    return [list(filter(None, each)) for each in zip_longest(*columns)]


@pytest.mark.timeout(300)
def test_each_changed_setting_is_written_and_nothing_else(deployed: Deployed) -> None:
    changed: list[str] = []
    for changes in rounds():
        changed += [f"github: {{{change}}}" for change, _ in changes]
        deployed.program.up(deployed.wanted(*changed))
        expected = sorted(call for _, call in changes)
        written = sorted(deployed.simulator.writes)
        assert len(written) == len(expected), changes
        for write, call in zip(written, expected, strict=True):
            assert write.startswith(call), changes
    deployed.program.up(deployed.wanted())


def test_a_protected_branch_that_is_configured_no_more_is_still_protected(
    deployed: Deployed,
) -> None:
    with pytest.raises(automation.CommandError, match="cannot be deleted"):
        deployed.program.up(deployed.wanted("github: {branches: {develop: null}}"))
    patterns = {each.pattern for each in deployed.simulator.repository.protections}
    assert patterns == {"main", "develop"}


ENVIRONMENT_ONLY: Final = """
workflows: null
github: {manage: environment, branches: null, tags: null, secrets: null, variables: null,
         workflow_branch: null}
"""


def test_an_environment_stays_when_its_stack_goes(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted(ENVIRONMENT_ONLY))
    program.destroy()
    assert STACK in simulator.repository.environments
    assert simulator.repository.environments[STACK].vault.secrets == {}


def test_destroying_stops_at_what_protects(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    with pytest.raises(automation.CommandError, match="cannot be deleted"):
        program.destroy()
    assert len(simulator.repository.protections) == 2
    assert len(simulator.repository.rulesets) == 3
