"""Objects as GraphQL shows them; a field is computed only when a query asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fakes.github.state import GitHub, Organization, Protection, Repository, Team, User

Node = dict[str, Any]

FLAGS: Final = (
    *("allowsDeletions", "allowsForcePushes", "blocksCreations", "dismissesStaleReviews"),
    *("isAdminEnforced", "lockAllowsFetchAndMerge", "lockBranch", "requireLastPushApproval"),
    *("requiresApprovingReviews", "requiresCodeOwnerReviews", "requiresCommitSignatures"),
    *("requiresConversationResolution", "requiresDeployments", "requiresLinearHistory"),
    *("requiresStatusChecks", "requiresStrictStatusChecks", "restrictsPushes"),
    "restrictsReviewDismissals",
)
ALLOWANCES: Final = {
    "pushAllowances": "pushActorIds",
    "reviewDismissalAllowances": "reviewDismissalActorIds",
    "bypassForcePushAllowances": "bypassForcePushActorIds",
    "bypassPullRequestAllowances": "bypassPullRequestActorIds",
}
"""Field of a rule → the input that sets it."""


def node(github: GitHub, thing: object) -> Node | None:
    """Anything that has a global id."""
    match thing:
        case User():
            return user(thing)
        case Team():
            return team(thing)
        case Organization():
            return organization(thing)
        case Repository():
            return repository(github, thing)
        case Protection():
            return protection(github, thing)
    return None


def connection(nodes: Sequence[Node]) -> Node:
    """A list the way GraphQL pages it; everything fits on one page here."""
    page = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    return {"nodes": list(nodes), "totalCount": len(nodes), "pageInfo": page}


def user(shown: User) -> Node:
    """A person."""
    return {
        "__typename": "User",
        "id": shown.node_id,
        "databaseId": shown.id,
        "login": shown.login,
        "name": shown.name,
        "email": "",
    }


def team(shown: Team) -> Node:
    """A team."""
    return {
        "__typename": "Team",
        "id": shown.node_id,
        "databaseId": shown.id,
        "slug": shown.slug,
        "name": shown.slug,
        "description": None,
        "privacy": "VISIBLE",
        "parentTeam": None,
        "members": lambda *_, **__: connection([user(each) for each in shown.members]),
        "repositories": lambda *_, **__: connection([]),
    }


def organization(shown: Organization) -> Node:
    """An organization with its teams."""

    def one(_: object, slug: str) -> Node | None:
        return team(shown.teams[slug]) if slug in shown.teams else None

    return {
        "__typename": "Organization",
        "id": shown.node_id,
        "databaseId": shown.id,
        "login": shown.login,
        "name": shown.name,
        "team": one,
        "teams": lambda *_, **__: connection([team(each) for each in shown.teams.values()]),
    }


def repository(github: GitHub, shown: Repository) -> Node:
    """A repository with its branch protection rules."""

    def rules(*_: object, **__: object) -> Node:
        return connection([protection(github, each) for each in shown.protections])

    return {
        "__typename": "Repository",
        "id": shown.node_id,
        "databaseId": shown.id,
        "name": shown.name,
        "nameWithOwner": shown.full_name,
        "isPrivate": shown.private,
        "branchProtectionRules": rules,
    }


def protection(github: GitHub, shown: Protection) -> Node:
    """A branch protection rule, every setting of it."""
    settings, owner = shown.settings, _repository_of(github, shown)
    reviews = settings.get("requiredApprovingReviewCount")
    contexts = settings.get("requiredStatusCheckContexts") or []
    checks = [{"context": context, "app": None} for context in contexts]
    return {
        "__typename": "BranchProtectionRule",
        "id": shown.node_id,
        "databaseId": shown.id,
        "pattern": shown.pattern,
        "repository": repository(github, owner) if owner else None,
        "requiredApprovingReviewCount": reviews
        if settings.get("requiresApprovingReviews")
        else None,
        "requiredStatusCheckContexts": contexts,
        "requiredStatusChecks": checks,
        "requiredDeploymentEnvironments": settings.get("requiredDeploymentEnvironments"),
        **{flag: bool(settings.get(flag)) for flag in FLAGS},
        **{
            field: connection([_allowance(github, each) for each in shown.actors.get(name, [])])
            for field, name in ALLOWANCES.items()
        },
    }


def _allowance(github: GitHub, actor: str) -> Node:
    return {"id": f"A_{actor}", "actor": node(github, github.node(actor))}


def _repository_of(github: GitHub, rule: Protection) -> Repository | None:
    return next((r for r in github.repositories.values() if rule in r.protections), None)
