"""Nothing is planned while anything would fail in the middle of an update."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slipway.github.observe import ObservedEnvironment, ObservedRepository, Reviewers
from slipway.github.plan import GithubPlan, plan
from slipway.settings import SettingsError
from tests.unit.slipway.github.sample import NOBODY, STACK, found, settings

WORKFLOWS = """
workflows: {ci: {python: {}, secrets: [API_KEY]}, deploy: {organization: acme}, notify: [slack]}
secrets: {DEPLOY_SSH_KEY: key, API_KEY: key, SLACK_WEBHOOK: hook}
"""
OWNER = "manage: repository\nsecrets: [API_KEY, SLACK_WEBHOOK]\n"
DEPLOYED = "environment: {secrets: [DEPLOY_SSH_KEY]}\n"


def planned(folder: Path, github: str, rest: str = "{}", **changes: Any) -> GithubPlan:
    kept = changes.pop("kept", ())
    return plan(*settings(folder, github, rest), STACK, found(**changes), kept)


def faults(folder: Path, github: str, rest: str = "{}", **changes: Any) -> list[str]:
    try:
        planned(folder, github, rest, **changes)
    except SettingsError as error:
        return str(error).splitlines()
    return []


def repository(**changes: Any) -> ObservedRepository:
    return ObservedRepository(**{"exists": True, "administered": True, "node_id": "R_1", **changes})


def environment(**changes: Any) -> ObservedEnvironment:
    empty: dict[str, Any] = {
        "reviewers": NOBODY,
        "policies": {},
        "secrets": {},
        "variables": frozenset(),
    }
    return ObservedEnvironment(**{**empty, **changes})


def test_everybody_is_planned_by_number(folder: Path) -> None:
    people = "environment: {reviewers: {users: [ada, grace], teams: [operators]}}"
    assert planned(folder, people).reviewers == Reviewers(frozenset({1, 2}), frozenset({7}))


def test_everybody_unknown_is_named_at_once(folder: Path) -> None:
    people = """
manage: repository
environment: {reviewers: {users: [ada, bob], teams: [ops]}}
tags: {creators: {users: [eve]}}
"""
    unknown, remedy = (
        "there is no GitHub",
        "Correct the name; for a team use its slug, the last part of its URL.",
    )
    assert faults(folder, people) == [
        f"staging/github/environment/reviewers/teams/0: {unknown} team `ops` in acme. {remedy}",
        f"staging/github/environment/reviewers/users/1: {unknown} user `bob`. {remedy}",
        f"staging/github/tags/creators/users/0: {unknown} user `eve`. {remedy}",
    ]


def test_a_check_that_no_job_has_is_a_fault(folder: Path) -> None:
    chosen = f"{OWNER}{DEPLOYED}branches: {{main: {{checks: [lint, tset]}}}}"
    (line,) = faults(folder, chosen, WORKFLOWS)
    assert line.startswith(
        "staging/github/branches/main/checks/1: CI has no job `tset`. Did you mean"
    )


def test_checks_are_not_judged_without_workflows_of_ours(folder: Path) -> None:
    assert faults(folder, "manage: repository\nbranches: {main: {checks: [theirs]}}") == []


def test_tags_that_exclude_the_release_tags_are_faults(folder: Path) -> None:
    chosen = f'{OWNER}{DEPLOYED}tags: {{patterns: ["v1.*"]}}'
    assert faults(folder, chosen, WORKFLOWS) == [
        (
            "staging/github/tags/patterns: exclude the release tags `v*`."
            " Add `v*`, or change `release_tags` of `workflows`."
        )
    ]


def test_an_environment_has_to_let_in_what_the_workflows_deploy_there(folder: Path) -> None:
    chosen = 'environment: {secrets: [DEPLOY_SSH_KEY], branches: [develop], tags: ["w*"]}'
    assert faults(folder, chosen, WORKFLOWS) == [
        (
            "staging/github/environment/branches: do not allow `main`,"
            " which the workflows deploy here. Add `main`."
        ),
        (
            "staging/github/environment/tags: do not allow the tags `v*`,"
            " which the workflows deploy here. Add `v*`."
        ),
    ]


def test_every_needed_secret_that_nobody_has_set_is_told(folder: Path) -> None:
    told = faults(folder, "manage: repository", WORKFLOWS)
    assert [line.partition(". Add")[0] for line in told] == [
        (
            "staging/github/environment/secrets: the workflows need `DEPLOY_SSH_KEY`,"
            " which is not set"
        ),
        "staging/github/secrets: the workflows need `API_KEY`, which is not set",
        "staging/github/secrets: the workflows need `SLACK_WEBHOOK`, which is not set",
    ]
    assert told[0].endswith(
        "Add `DEPLOY_SSH_KEY` here and set it:"
        " `pulumi config set --secret --path 'slipway:secrets.DEPLOY_SSH_KEY'`."
    )


def test_a_secret_that_was_set_by_hand_is_set(folder: Path) -> None:
    by_hand = {"API_KEY": "2026-01-31T12:00:00Z"}
    assert (
        faults(
            folder,
            "manage: repository",
            WORKFLOWS,
            repository=repository(secrets=by_hand, shared_secrets=frozenset({"SLACK_WEBHOOK"})),
            environment=environment(secrets={"DEPLOY_SSH_KEY": "2026-01-31T12:00:00Z"}),
            kept=["staging-environment"],
        )
        == []
    )


def test_an_environments_stack_is_not_asked_for_the_repositorys_secrets(folder: Path) -> None:
    assert faults(folder, DEPLOYED, WORKFLOWS) == []


EXISTING = {
    "repository": repository(
        secrets={"API_KEY": ""},
        rulesets={"slipway: release-tags": 5},
        protected=frozenset({"main"}),
    ),
    "environment": environment(policies={("tag", "v*"): 3}, variables=frozenset({"HOST"})),
}
WANTED = """
manage: repository
secrets: [API_KEY]
environment: {tags: ["v*"], variables: {HOST: a, PORT: b}}
"""
API_KEY = "secrets: {API_KEY: key}"


def test_what_is_there_already_is_not_changed_without_a_word(folder: Path) -> None:
    assert faults(folder, WANTED, API_KEY, **EXISTING) == [
        (
            "staging/github: these already exist at GitHub: repository-branch-main,"
            " repository-release-tags, repository-secret-API_KEY, staging-environment,"
            " staging-tag-v*, staging-variable-HOST. Set `adopt: true` to import them; the update"
            " after the import changes what differs."
        )
    ]


def test_what_is_there_already_is_taken_over_by_its_id(folder: Path) -> None:
    assert planned(folder, f"{WANTED}adopt: true", API_KEY, **EXISTING).taken == {
        "repository-branch-main": "shop:main",
        "repository-release-tags": "shop:5",
        "repository-secret-API_KEY": "shop:API_KEY",
        "staging-environment": "shop:staging",
        "staging-tag-v*": "shop:staging:3",
        "staging-variable-HOST": "shop:staging:HOST",
    }


def test_what_is_in_the_state_is_this_stacks_own(folder: Path) -> None:
    first = planned(folder, f"{WANTED}adopt: true", API_KEY, **EXISTING).taken
    assert planned(folder, WANTED, API_KEY, **EXISTING, kept=list(first)).taken == {}


def test_a_classic_tokens_missing_scopes_are_named(folder: Path) -> None:
    chosen = f"{OWNER}{DEPLOYED}workflow_branch: slipway"
    scopes = frozenset({"repo", "admin:org"})
    assert faults(
        folder, chosen, WORKFLOWS, repository=ObservedRepository(exists=False, scopes=scopes)
    ) == [
        "staging/github/token: lacks the scope `workflow`. Add it to the token, or use another one."
    ]


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (
            ObservedRepository(exists=False),
            "there is no repository acme/shop, or the token has no access to it",
        ),
        (ObservedRepository(exists=True), "may not administer acme/shop"),
    ],
)
def test_a_token_that_may_not_administer_is_told_what_it_needs(
    folder: Path, state: ObservedRepository, text: str
) -> None:
    (line,) = faults(folder, "", repository=state)
    assert text in line
    assert "Administration" in line


def test_workflow_files_need_a_branch_that_takes_commits(folder: Path) -> None:
    chosen = f"{OWNER}{DEPLOYED}workflow_branch: main"
    assert faults(folder, chosen, WORKFLOWS) == [
        (
            "staging/github/workflow_branch: is protected by the rules for `main`: every commit"
            " needs a pull request. Name an unprotected branch, and merge it by a pull request."
        ),
        (
            "staging/github/workflow_branch: the repository has no branch `main`."
            " Create it: `git push origin HEAD:main`."
        ),
    ]
