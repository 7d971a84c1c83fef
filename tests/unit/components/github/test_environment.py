from __future__ import annotations

from typing import Any

from components.github.environment import GithubEnvironment
from slipway.github.observe import Reviewers
from slipway.github.rules import EnvironmentRules
from slipway.settings.github import People
from tests.unit.components import engine
from tests.unit.components.engine import Engine

SOMEBODY = Reviewers(frozenset({2, 1}), frozenset({7}))


def declared(
    reviewers: Reviewers = SOMEBODY,
    *,
    generation: int = 0,
    existing: dict[str, str] | None = None,
    **changes: Any,
) -> Engine:
    values: dict[str, Any] = {
        "reviewers": People(),
        "wait": 5,
        "self_review": False,
        "administrators_bypass": False,
        "branches": ("main",),
        "tags": ("v*",),
    }
    return engine.run(
        lambda: GithubEnvironment(
            "production-github",
            {
                "repository": "shop",
                "environment": "production",
                "rules": EnvironmentRules(**{**values, **changes}),
                "reviewers": reviewers,
                "generation": generation,
                "existing": existing or {},
            },
        )
    )[0]


def test_the_rules_become_the_environments() -> None:
    made = declared()["production-environment"]
    assert made.parent == "production-github"
    assert made.inputs == {
        "repository": "shop",
        "environment": "production",
        "reviewers": [{"users": [1, 2], "teams": [7]}],
        "preventSelfReview": True,
        "waitTimer": 5,
        "canAdminsBypass": False,
        "deploymentBranchPolicy": {"protectedBranches": False, "customBranchPolicies": True},
    }


def test_each_branch_and_tag_is_a_policy_of_the_environment() -> None:
    found = declared()
    branch, tag = found["production-branch-main"], found["production-tag-v*"]
    assert (branch.inputs["branchPattern"], tag.inputs["tagPattern"]) == ("main", "v*")
    assert branch.depends_on == tag.depends_on == {"production-environment"}


def test_an_open_environment_has_no_rules() -> None:
    found = declared(Reviewers(), wait=0, branches=(), tags=())
    made = found["production-environment"].inputs
    assert not {"reviewers", "waitTimer", "deploymentBranchPolicy"} & set(made)
    assert made["preventSelfReview"] is False
    assert len(found.registered) == 2


def test_an_environment_outlives_its_stack_because_its_secrets_would_go_with_it() -> None:
    assert declared()["production-environment"].retained


def test_what_exists_is_taken_over_unchanged() -> None:
    found = declared(existing={"production-environment": "shop:production"})
    made = found["production-environment"]
    assert (made.imported, made.ignored) == ("shop:production", ("*",))
    assert (found["production-tag-v*"].imported, found["production-tag-v*"].ignored) == ("", ())
