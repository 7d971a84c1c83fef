"""A stack and all that it owns at GitHub, from its configuration to the calls."""

from __future__ import annotations

from typing import Final

import pytest
from pulumi import automation

from lab.github.simulator import Simulator

from .program import Program
from .wanted import HOOK, KEY, STACK, Wanted

CONTENTS: Final = "PUT /repos/acme/shop/contents/.github"
ENVIRONMENT: Final = f"PUT /repos/acme/shop/environments/{STACK}"
RULES: Final = "POST mutation updateBranchProtectionRule"
VARIABLES: Final = "/repos/acme/shop/environments/production/variables"


def test_everything_comes_to_github_as_configured(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    found = simulator.repository
    made = found.environments[STACK]
    operators = simulator.organization.teams["operators"]
    assert {each.id for each in made.reviewers} == {simulator.users[0].id, operators.id}
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


def test_branches_require_the_jobs_that_the_committed_workflow_has(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    committed = simulator.repository.branches.resolve("slipway")
    assert committed
    text = committed.files[".github/workflows/ci.yml"].decode()
    for rule in simulator.repository.protections:
        contexts = rule.settings["requiredStatusCheckContexts"]
        assert contexts
        assert all(f"name: {name}" in text for name in contexts if "(" not in name)


def test_a_preview_writes_nothing(program: Program, simulator: Simulator, wanted: Wanted) -> None:
    assert program.preview(wanted())["create"] > 20
    assert simulator.writes == []


def test_without_a_change_nothing_is_written(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    assert program.preview(wanted()) == {}
    assert program.up(wanted()) == {}
    assert simulator.writes == []


CHANGES: Final = [
    ("environment: {reviewers: {users: [ada, grace]}}", ENVIRONMENT),
    ("environment: {wait: 10m}", ENVIRONMENT),
    ("environment: {self_review: true}", ENVIRONMENT),
    ("environment: {administrators_bypass: true}", ENVIRONMENT),
    (
        'environment: {tags: ["v*", "hotfix-*"]}',
        f"POST /repos/acme/shop/environments/{STACK}/deployment-branch-policies",
    ),
    ("environment: {variables: {DEPLOY_HOST: 203.0.113.22}}", f"PATCH {VARIABLES}/DEPLOY_HOST"),
    ("environment: {variables: {DEPLOY_PORT: '22'}}", f"POST {VARIABLES}"),
    ("variables: {DOMAIN: example.com}", "PATCH /repos/acme/shop/actions/variables/DOMAIN"),
    ("tags: {creators: {users: [ada]}}", "PUT /repos/acme/shop/rulesets/"),
    ("branches: {main: {deployed_to: [qa]}}", "PUT /repos/acme/shop/rulesets/"),
    *(
        (f"branches: {{main: {{{change}}}}}", RULES)
        for change in (
            "approvals: 1",
            "code_owners: true",
            "dismiss_stale: false",
            "checks: [lint]",
            "up_to_date: false",
            "conversations: false",
            "signed: true",
            "linear: true",
            "administrators: false",
        )
    ),
]


@pytest.mark.timeout(600)
def test_each_changed_setting_is_written_and_nothing_else(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    changes: list[str] = []
    for change, call in CHANGES:
        changes.append(f"github: {{{change}}}")
        program.up(wanted(*changes))
        assert [each.startswith(call) for each in simulator.writes] == [True], change


def test_destroying_stops_at_what_protects(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    with pytest.raises(automation.CommandError, match="cannot be deleted"):
        program.destroy()
    assert len(simulator.repository.protections) == 2
    assert len(simulator.repository.rulesets) == 3


def test_an_environment_stays_when_its_stack_goes(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted(ENVIRONMENT_ONLY))
    program.destroy()
    assert STACK in simulator.repository.environments
    assert simulator.repository.environments[STACK].vault.secrets == {}


ENVIRONMENT_ONLY: Final = """
workflows: null
github: {manage: environment, branches: null, tags: null, secrets: null, variables: null,
         workflow_branch: null}
"""


def test_a_protected_branch_that_is_configured_no_more_is_still_protected(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    with pytest.raises(automation.CommandError, match="cannot be deleted"):
        program.up(wanted("github: {branches: {develop: null}}"))
    assert len(simulator.repository.protections) == 2
