"""Branch protection, which the provider reads and writes through GraphQL alone."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_github as github
import pytest
from pulumi import automation

from fakes.github.program import Declare, Program
from fakes.github.simulator import Simulator
from fakes.github.state import Protection

REVIEWS: dict[str, Any] = {"required_approving_review_count": 2, "dismiss_stale_reviews": True}


def protection(**changed: Any) -> Declare:
    """The protection of `main` that Slipway has by default, with some of it changed."""

    def declare(options: pulumi.ResourceOptions) -> None:
        settings: dict[str, Any] = {
            "repository_id": "shop",
            "pattern": "main",
            "enforce_admins": True,
            "require_conversation_resolution": True,
            "required_pull_request_reviews": [REVIEWS],
            "required_status_checks": [{"strict": True, "contexts": ["lint", "test"]}],
        }
        github.BranchProtection("main", **(settings | changed), opts=options)

    return declare


def rule(simulator: Simulator) -> Protection:
    (only,) = simulator.repository.protections
    return only


def test_a_rule_is_created_as_declared_and_left_alone(
    program: Program, simulator: Simulator
) -> None:
    program.up(protection())
    settings = rule(simulator).settings
    assert rule(simulator).pattern == "main"
    assert settings["isAdminEnforced"]
    assert settings["requiresConversationResolution"]
    assert settings["requiredApprovingReviewCount"] == 2
    assert settings["requiredStatusCheckContexts"] == ["lint", "test"]
    assert settings["requiresStrictStatusChecks"]
    assert not settings["allowsForcePushes"]
    assert program.up() == {}
    assert simulator.writes == []


CHANGES: dict[str, tuple[str, bool]] = {
    "requiresCommitSignatures": ("require_signed_commits", True),
    "requiresLinearHistory": ("required_linear_history", True),
    "allowsDeletions": ("allows_deletions", True),
    "isAdminEnforced": ("enforce_admins", False),
    "lockBranch": ("lock_branch", True),
}


def test_changed_properties_are_one_write(program: Program, simulator: Simulator) -> None:
    program.up(protection())
    assert program.up(protection(**dict(CHANGES.values()))) == {"update": 1}
    assert simulator.writes == ["POST mutation updateBranchProtectionRule"]
    found = rule(simulator).settings
    assert {each: found[each] for each in CHANGES} == {
        setting: value for setting, (_, value) in CHANGES.items()
    }


def test_actors_are_found_by_name(program: Program, simulator: Simulator) -> None:
    """The provider keeps asking for `restrict_dismissals` unless it is set with its actors."""
    reviews = {"dismissal_restrictions": ["acme/operators"], "restrict_dismissals": True}
    bypass = {"pull_request_bypassers": ["/ada"]}
    program.up(protection(required_pull_request_reviews=[REVIEWS | reviews | bypass]))
    operators, ada = simulator.organization.teams["operators"], simulator.users[0]
    actors = rule(simulator).actors
    assert actors["reviewDismissalActorIds"] == [operators.node_id]
    assert actors["bypassPullRequestActorIds"] == [ada.node_id]
    assert program.up() == {}


def test_what_others_changed_or_deleted_is_seen_and_healed(
    program: Program, simulator: Simulator
) -> None:
    program.up(protection())
    rule(simulator).settings |= {"allowsForcePushes": True, "requiredApprovingReviewCount": 1}
    assert program.refresh() == {"update": 1}
    assert program.up() == {"update": 1}
    assert not rule(simulator).settings["allowsForcePushes"]
    assert rule(simulator).settings["requiredApprovingReviewCount"] == 2
    simulator.repository.protections.clear()
    assert program.refresh() == {"delete": 1}
    assert program.up() == {"create": 1}
    assert rule(simulator).pattern == "main"


def test_a_second_rule_for_a_pattern_is_refused(program: Program, simulator: Simulator) -> None:
    simulator.repository.protections.append(Protection(pattern="main"))
    with pytest.raises(automation.CommandError, match="Name already protected: main"):
        program.up(protection())


def test_a_rule_is_imported_by_its_pattern(program: Program, simulator: Simulator) -> None:
    program.up(protection())
    program.forget()

    def taken_over(options: pulumi.ResourceOptions) -> None:
        by_pattern = pulumi.ResourceOptions(import_="shop:main")
        protection(repository_id=simulator.repository.node_id)(
            pulumi.ResourceOptions.merge(options, by_pattern)
        )

    assert program.up(taken_over)["import"] == 1
    assert simulator.writes == []
