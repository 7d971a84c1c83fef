from __future__ import annotations

from typing import Any

import pytest

from fakes.github.refusals import refusal
from fakes.github.state import GitHub, Protection, Repository, User
from fakes.github.state.repository import Record

REVIEWED = {"requiresApprovingReviews": True, "isAdminEnforced": True}


@pytest.fixture
def user() -> User:
    return User(login="ada")


@pytest.fixture
def repository() -> Repository:
    hub = GitHub()
    return hub.repository(hub.organization("acme"), "shop")


def ruleset(**changed: Any) -> Record:
    fields: dict[str, Any] = {
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [{"type": "pull_request"}],
    }
    return Record(fields=fields | changed)


def test_an_open_branch_takes_commits(repository: Repository, user: User) -> None:
    assert refusal(repository, "main", user) == ""


def test_a_protected_branch_wants_a_pull_request(repository: Repository, user: User) -> None:
    repository.protections.append(Protection(pattern="ma*", settings=REVIEWED))
    assert "through a pull request" in refusal(repository, "main", user)
    assert refusal(repository, "develop", user) == ""


def test_administrators_pass_a_rule_that_is_not_for_them(
    repository: Repository, user: User
) -> None:
    settings = REVIEWED | {"isAdminEnforced": False}
    repository.protections.append(Protection(pattern="main", settings=settings))
    assert refusal(repository, "main", user) == ""


def test_those_who_may_bypass_a_rule_pass_it(repository: Repository, user: User) -> None:
    actors = {"bypassPullRequestActorIds": [user.node_id]}
    repository.protections.append(Protection(pattern="main", settings=REVIEWED, actors=actors))
    assert refusal(repository, "main", user) == ""


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, True),
        ({"enforcement": "evaluate"}, False),
        ({"target": "tag"}, False),
        ({"rules": [{"type": "deletion"}]}, False),
        ({"conditions": {"ref_name": {"include": ["refs/heads/m*"]}}}, True),
        ({"conditions": {"ref_name": {"include": ["refs/heads/x"]}}}, False),
        (
            {"conditions": {"ref_name": {"include": ["~ALL"], "exclude": ["~DEFAULT_BRANCH"]}}},
            False,
        ),
        ({"bypass_actors": [{"actor_type": "RepositoryRole", "actor_id": 5}]}, False),
        ({"bypass_actors": [{"actor_type": "Team", "actor_id": 5}]}, True),
        (
            {"bypass_actors": [{"actor_type": "OrganizationAdmin", "bypass_mode": "pull_request"}]},
            True,
        ),
    ],
)
def test_a_ruleset_refuses_what_it_covers(
    repository: Repository, user: User, changed: dict[str, Any], *, refused: bool
) -> None:
    repository.rulesets[1] = ruleset(**changed)
    assert bool(refusal(repository, "main", user)) is refused
