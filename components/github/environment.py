"""A GitHub environment: who may deploy what to it, after which wait."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_github as github

from components.github.provider import taking_over
from slipway.github import names
from slipway.github.existing import Existing
from slipway.github.observe import Reviewers
from slipway.github.rules import EnvironmentRules


class GithubEnvironmentArgs(TypedDict):
    """An environment and its rules."""

    repository: str
    """Name of the repository, without its owner."""
    environment: str
    """Name of the environment."""
    rules: EnvironmentRules
    """Who may deploy what."""
    reviewers: Reviewers
    """Those whom the rules name, by number."""
    generation: int
    """Goes up when the environment has to be written again although nothing wanted has changed."""
    existing: Existing
    """What GitHub has and this stack takes over."""


class GithubEnvironment(pulumi.ComponentResource):
    """The environment and what may be deployed to it.

    It stays when it is removed here, because its secrets and its history would be lost with it.
    """

    environment: pulumi.Output[str]
    generation: pulumi.Output[int]

    def __init__(
        self, name: str, args: GithubEnvironmentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:GithubEnvironment", name, None, opts)
        repository, environment, rules = args["repository"], args["environment"], args["rules"]
        own = pulumi.ResourceOptions(
            parent=self,
            retain_on_delete=True,
            # The old one is retained, so that the replacement is one more write of the same.
            replacement_trigger=args["generation"],
        )
        resource = names.environment(environment)
        self.resource = github.RepositoryEnvironment(
            resource,
            repository=repository,
            environment=environment,
            reviewers=_reviewers(args["reviewers"]),
            # GitHub keeps it with the reviewers only.
            prevent_self_review=not rules.self_review and args["reviewers"] != Reviewers(),
            wait_timer=rules.wait or None,
            can_admins_bypass=rules.administrators_bypass,
            deployment_branch_policy=_policy(rules),
            opts=taking_over(args["existing"], resource, own),
        )
        for kind, pattern in rules.policies:
            policy = names.policy(environment, kind, pattern)
            github.RepositoryEnvironmentDeploymentPolicy(
                policy,
                repository=repository,
                environment=environment,
                branch_pattern=pattern if kind == "branch" else None,
                tag_pattern=pattern if kind == "tag" else None,
                opts=taking_over(
                    args["existing"],
                    policy,
                    pulumi.ResourceOptions(parent=self, depends_on=[self.resource]),
                ),
            )
        self.environment = self.resource.environment
        self.generation = pulumi.Output.from_input(args["generation"])
        self.register_outputs({"environment": self.environment, "generation": self.generation})


def _reviewers(
    reviewers: Reviewers,
) -> list[github.RepositoryEnvironmentReviewerArgs] | None:
    if reviewers == Reviewers():
        return None
    users, teams = sorted(reviewers.users), sorted(reviewers.teams)
    return [github.RepositoryEnvironmentReviewerArgs(users=users, teams=teams)]


def _policy(
    rules: EnvironmentRules,
) -> github.RepositoryEnvironmentDeploymentBranchPolicyArgs | None:
    """Only what the policies name; None for anything."""
    if not rules.policies:
        return None
    return github.RepositoryEnvironmentDeploymentBranchPolicyArgs(
        protected_branches=False, custom_branch_policies=True
    )
