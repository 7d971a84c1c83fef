from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.github.protection import BranchProtection, ReleaseTags
from slipway.github.observe import Reviewers
from slipway.settings.github import BranchRules
from tests.unit.components import engine
from tests.unit.components.engine import Engine


def protected(branches: Mapping[str, BranchRules], **existing: str) -> Engine:
    return engine.run(
        lambda: BranchProtection(
            "branches",
            {
                "repository": "shop",
                "node_id": "R_1",
                "branches": branches,
                "existing": existing,
            },
        )
    )[0]


def tags(creators: Reviewers = Reviewers()) -> Engine:  # noqa: B008
    return engine.run(
        lambda: ReleaseTags(
            "tags",
            {"repository": "shop", "patterns": ["v*"], "creators": creators, "existing": {}},
        )
    )[0]


def test_a_branch_is_protected_from_everything_by_default() -> None:
    made = protected({"main": BranchRules(checks=("test", "lint"))})["repository-branch-main"]
    assert made.inputs == {
        "repositoryId": "R_1",
        "pattern": "main",
        "enforceAdmins": True,
        "requireConversationResolution": True,
        "requireSignedCommits": False,
        "requiredLinearHistory": False,
        "allowsDeletions": False,
        "allowsForcePushes": False,
        "requiredPullRequestReviews": [
            {
                "requiredApprovingReviewCount": 2,
                "requireCodeOwnerReviews": False,
                "dismissStaleReviews": True,
            }
        ],
        "requiredStatusChecks": [{"contexts": ["lint", "test"], "strict": True}],
    }


def test_each_pattern_has_rules_of_its_own() -> None:
    found = protected({"main": BranchRules(signed=True), "release/*": BranchRules(approvals=1)})
    assert found["repository-branch-main"].inputs["requireSignedCommits"] is True
    (reviews,) = found["repository-branch-release/*"].inputs["requiredPullRequestReviews"]
    assert reviews["requiredApprovingReviewCount"] == 1


def test_a_branch_without_checks_requires_none() -> None:
    made = protected({"main": BranchRules(checks=())})["repository-branch-main"]
    assert "requiredStatusChecks" not in made.inputs


def test_deployments_before_a_merge_are_a_ruleset() -> None:
    made = protected({"main": BranchRules(deployed_to=("staging",))})["repository-deployed-main"]
    assert made.inputs["target"] == "branch"
    assert included(made.inputs) == ["refs/heads/main"]
    assert made.inputs["rules"] == {
        "requiredDeployments": {"requiredDeploymentEnvironments": ["staging"]}
    }


def test_release_tags_can_neither_be_moved_nor_deleted() -> None:
    found = tags()
    made = found["repository-release-tags"].inputs
    assert (made["name"], made["target"]) == ("slipway: release-tags", "tag")
    assert included(made) == ["refs/tags/v*"]
    assert made["rules"] == {"deletion": True, "update": True, "nonFastForward": True}
    assert "bypassActors" not in made
    assert "repository-release-creators" not in found.registered


def test_who_may_make_release_tags_may_not_move_them() -> None:
    made = tags(Reviewers(frozenset({1}), frozenset({7})))["repository-release-creators"].inputs
    assert made["rules"] == {"creation": True}
    assert made["bypassActors"] == [
        {"actorType": "Team", "actorId": 7, "bypassMode": "always"},
        {"actorType": "User", "actorId": 1, "bypassMode": "always"},
    ]


def test_no_protection_is_deleted_by_mistake() -> None:
    found = protected({"main": BranchRules(deployed_to=("staging",))})
    children = [each for each in found.registered.values() if each.parent == "branches"]
    assert len(children) == 2
    assert all(each.protected for each in children)
    assert tags()["repository-release-tags"].protected


def test_existing_rules_are_taken_over() -> None:
    made = protected({"main": BranchRules()}, **{"repository-branch-main": "shop:main"})
    assert made["repository-branch-main"].imported == "shop:main"


def included(ruleset: dict[str, Any]) -> Any:
    return ruleset["conditions"]["refName"]["includes"]
