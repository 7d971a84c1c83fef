"""Protection of branches, and of release tags against any change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_github as github

from components.github.provider import importing
from slipway.github import names
from slipway.github.existing import Existing
from slipway.github.observe import Reviewers
from slipway.settings.github import BranchRules


class BranchProtectionArgs(TypedDict):
    """The protected branches of a repository."""

    repository: str
    """Name of the repository, without its owner."""
    node_id: str
    """The repository's GraphQL id: with the plain name an imported rule would be replaced."""
    branches: Mapping[str, BranchRules]
    """The rules by branch or pattern, each with its checks."""
    existing: Existing
    """What exists at GitHub and is imported."""


class BranchProtection(pulumi.ComponentResource):
    """Classic protection of each branch, and a ruleset where deployments are required.

    Pulumi refuses to delete it, because without it everybody who may push could push anything.
    """

    patterns: pulumi.Output[Sequence[str]]

    def __init__(
        self, name: str, args: BranchProtectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:BranchProtection", name, None, opts)
        own = pulumi.ResourceOptions(parent=self, protect=True)
        for pattern, rules in args["branches"].items():
            resource = names.branch(pattern)
            github.BranchProtection(
                resource,
                repository_id=args["node_id"],
                pattern=pattern,
                enforce_admins=rules.administrators,
                require_conversation_resolution=rules.conversations,
                require_signed_commits=rules.signed,
                required_linear_history=rules.linear,
                allows_deletions=False,
                allows_force_pushes=False,
                required_pull_request_reviews=[_reviews(rules)],
                required_status_checks=_checks(rules),
                opts=importing(args["existing"], resource, own),
            )
            if rules.deployed_to:
                _ruleset(
                    names.deployed(pattern),
                    args["repository"],
                    "branch",
                    [pattern],
                    github.RepositoryRulesetRulesArgs(required_deployments=_deployments(rules)),
                    opts=importing(args["existing"], names.deployed(pattern), own),
                )
        self.patterns = pulumi.Output.from_input(list(args["branches"]))
        self.register_outputs({"patterns": self.patterns})


class ReleaseTagsArgs(TypedDict):
    """The tags that are releases."""

    repository: str
    """Name of the repository, without its owner."""
    patterns: Sequence[str]
    """The tags."""
    creators: Reviewers
    """Who may create them; empty: everybody who may push."""
    existing: Existing
    """What exists at GitHub and is imported."""


class ReleaseTags(pulumi.ComponentResource):
    """Release tags cannot be changed or deleted, because their commits have been deployed.

    A separate ruleset says who may create them: in one ruleset they could bypass the other rules.
    """

    patterns: pulumi.Output[Sequence[str]]

    def __init__(
        self, name: str, args: ReleaseTagsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:ReleaseTags", name, None, opts)
        own = pulumi.ResourceOptions(parent=self, protect=True)
        _ruleset(
            names.RELEASE_TAGS,
            args["repository"],
            "tag",
            args["patterns"],
            github.RepositoryRulesetRulesArgs(deletion=True, update=True, non_fast_forward=True),
            opts=importing(args["existing"], names.RELEASE_TAGS, own),
        )
        if args["creators"] != Reviewers():
            _ruleset(
                names.RELEASE_CREATORS,
                args["repository"],
                "tag",
                args["patterns"],
                github.RepositoryRulesetRulesArgs(creation=True),
                bypass=_bypass(args["creators"]),
                opts=importing(args["existing"], names.RELEASE_CREATORS, own),
            )
        self.patterns = pulumi.Output.from_input(list(args["patterns"]))
        self.register_outputs({"patterns": self.patterns})


def _ruleset(
    resource: str,
    repository: str,
    target: str,
    patterns: Sequence[str],
    rules: github.RepositoryRulesetRulesArgs,
    *,
    bypass: list[github.RepositoryRulesetBypassActorArgs] | None = None,
    opts: pulumi.ResourceOptions,
) -> None:
    prefix = "refs/heads/" if target == "branch" else "refs/tags/"
    github.RepositoryRuleset(
        resource,
        name=names.ruleset(resource),
        repository=repository,
        target=target,
        enforcement="active",
        conditions=github.RepositoryRulesetConditionsArgs(
            ref_name=github.RepositoryRulesetConditionsRefNameArgs(
                includes=[f"{prefix}{each}" for each in patterns], excludes=[]
            )
        ),
        rules=rules,
        bypass_actors=bypass,
        opts=opts,
    )


def _bypass(people: Reviewers) -> list[github.RepositoryRulesetBypassActorArgs]:
    actors = [("Team", each) for each in sorted(people.teams)]
    actors += [("User", each) for each in sorted(people.users)]
    return [
        github.RepositoryRulesetBypassActorArgs(
            actor_type=kind, actor_id=number, bypass_mode="always"
        )
        for kind, number in actors
    ]


def _reviews(rules: BranchRules) -> github.BranchProtectionRequiredPullRequestReviewArgs:
    return github.BranchProtectionRequiredPullRequestReviewArgs(
        required_approving_review_count=rules.approvals,
        require_code_owner_reviews=rules.code_owners,
        dismiss_stale_reviews=rules.dismiss_stale,
    )


def _checks(rules: BranchRules) -> list[github.BranchProtectionRequiredStatusCheckArgs] | None:
    if not rules.checks:
        return None
    return [
        github.BranchProtectionRequiredStatusCheckArgs(
            contexts=sorted(rules.checks), strict=rules.up_to_date
        )
    ]


def _deployments(rules: BranchRules) -> github.RepositoryRulesetRulesRequiredDeploymentsArgs:
    return github.RepositoryRulesetRulesRequiredDeploymentsArgs(
        required_deployment_environments=list(rules.deployed_to)
    )
