"""What is asked, and what the answers mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slipway.errors import SlipwayError
from slipway.github.api import entries
from slipway.github.observe import Reviewers, observe
from tests.unit.slipway.github.sample import REPOSITORY, Table, settings

ADMINISTERED = {"node_id": "R_1", "permissions": {"admin": True}}
PRODUCTION = f"{REPOSITORY}/environments/production"
PEOPLE = "environment: {reviewers: {users: [ada, nobody], teams: [operators]}}"


def secret(name: str) -> dict[str, Any]:
    return {"name": name, "updated_at": "2026-01-31T12:00:00Z"}


def test_people_are_known_by_number(folder: Path) -> None:
    _, github = settings(folder, PEOPLE)
    table = Table({"users/ada": {"id": 1}, "orgs/acme/teams/operators": {"id": 7}})
    found = observe(table, github, "production", ())
    assert (found.users, found.teams) == ({"ada": 1}, {"operators": 7})


def test_an_environment_is_told_with_who_reviews_and_what_it_has(folder: Path) -> None:
    _, github = settings(folder)
    reviewer = {"type": "User", "reviewer": {"id": 1}}
    team = {"type": "Team", "reviewer": {"id": 7}}
    table = Table(
        {
            REPOSITORY: ADMINISTERED,
            PRODUCTION: {
                "protection_rules": [
                    {"type": "wait_timer", "wait_timer": 5},
                    {"type": "required_reviewers", "reviewers": [reviewer, team]},
                ]
            },
            f"{PRODUCTION}/deployment-branch-policies": {
                "branch_policies": [{"id": 3, "name": "v*", "type": "tag"}]
            },
            f"{PRODUCTION}/secrets": {"secrets": [secret("KEY")]},
            f"{PRODUCTION}/variables": {"variables": [{"name": "HOST"}]},
        }
    )
    found = observe(table, github, "production", ()).environment
    assert found
    assert found.reviewers == Reviewers(frozenset({1}), frozenset({7}))
    assert found.policies == {("tag", "v*"): 3}
    assert found.secrets == {"KEY": "2026-01-31T12:00:00Z"}
    assert found.variables == {"HOST"}


def test_an_organizations_rulesets_are_not_the_repositorys(folder: Path) -> None:
    _, github = settings(folder, "manage: repository")
    own = {"name": "ours", "id": 1, "source_type": "Repository"}
    shared = {"name": "theirs", "id": 2, "source_type": "Organization"}
    table = Table(
        {REPOSITORY: ADMINISTERED, f"{REPOSITORY}/rulesets": [own, shared]}, {}, ("main",)
    )
    found = observe(table, github, "production", ()).repository
    assert (found.rulesets, found.protected) == ({"ours": 1}, frozenset({"main"}))


def test_what_belongs_to_the_repository_is_only_asked_for_by_its_owner(folder: Path) -> None:
    _, github = settings(folder)
    table = Table({REPOSITORY: ADMINISTERED})
    observe(table, github, "production", ())
    assert not any("rulesets" in path or "/actions/variables" in path for path in table.asked)


def test_rulesets_are_not_asked_for_where_nothing_is_protected(folder: Path) -> None:
    _, github = settings(folder, "manage: repository\nprotection: false")
    table = Table({REPOSITORY: ADMINISTERED}, patterns=("main",))
    found = observe(table, github, "production", ()).repository
    assert not any("rulesets" in path for path in table.asked)
    assert found.protected == frozenset()


def test_no_more_is_asked_of_a_repository_that_may_not_be_administered(folder: Path) -> None:
    _, github = settings(folder, "manage: repository")
    table = Table({REPOSITORY: {"permissions": {"admin": False}}})
    found = observe(table, github, "production", ())
    assert table.asked == [REPOSITORY]
    assert (found.repository.exists, found.repository.administered) == (True, False)
    assert found.repository.scopes == frozenset({"repo", "workflow", "read:org"})


def test_a_fine_grained_token_has_no_scopes(folder: Path) -> None:
    _, github = settings(folder)
    assert observe(Table({}, {}), github, "production", ()).repository.scopes is None


def test_files_are_looked_for_in_their_branch(folder: Path) -> None:
    chosen = "manage: repository\nworkflow_branch: slipway"
    _, github = settings(folder, chosen, "workflows: {ci: {python: {}}}")
    contents = f"{REPOSITORY}/contents"
    table = Table(
        {
            REPOSITORY: ADMINISTERED,
            f"{REPOSITORY}/branches/slipway": {},
            f"{contents}/a.yml?ref=slipway": {},
            f"{contents}/b.yml?ref=main": {},
        }
    )
    found = observe(table, github, "production", ["a.yml", "b.yml"]).repository
    assert (found.has_workflow_branch, found.files) == (True, frozenset({"a.yml"}))


def test_lists_are_read_page_by_page() -> None:
    numbers = list(range(230))
    pages = {
        f"list?per_page=100&page={page + 1}": {"entries": numbers[100 * page : 100 * (page + 1)]}
        for page in range(3)
    }
    table = Table(pages)
    assert list(entries(table, "list", "entries")) == numbers
    assert len(table.asked) == 3


def test_a_list_without_an_end_is_an_error() -> None:
    with pytest.raises(SlipwayError, match="list: has more than 5000 entries"):
        list(entries(Table({"list": list(range(100))}), "list"))
