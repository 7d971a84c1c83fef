"""A GitHub environment: who may deploy what to it, and when."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_github as github

from components.github.provider import importing
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
    """The users and teams in the rules, by their ids."""
    generation: int
    """A new number writes the environment again, although its settings have not changed."""
    existing: Existing
    """What exists at GitHub and is imported."""


class GithubEnvironment(pulumi.ComponentResource):
    """The environment and what may be deployed to it.

    GitHub keeps it when it is removed here, because its secrets and history would be lost.
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
            # The old one is retained, so that a replacement only writes the environment again.
            replacement_trigger=args["generation"],
        )
        resource = names.environment(environment)
        self.resource = github.RepositoryEnvironment(
            resource,
            repository=repository,
            environment=environment,
            reviewers=_reviewers(args["reviewers"]),
            # GitHub stores it only together with reviewers.
            prevent_self_review=not rules.self_review and args["reviewers"] != Reviewers(),
            wait_timer=rules.wait or None,
            can_admins_bypass=rules.administrators_bypass,
            deployment_branch_policy=_policy(rules),
            opts=importing(args["existing"], resource, own),
        )
        for kind, pattern in rules.policies:
            policy = names.policy(environment, kind, pattern)
            github.RepositoryEnvironmentDeploymentPolicy(
                policy,
                repository=repository,
                environment=environment,
                branch_pattern=pattern if kind == "branch" else None,
                tag_pattern=pattern if kind == "tag" else None,
                opts=importing(
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
    """Only what matches the policies; None allows everything."""
    if not rules.policies:
        return None
    return github.RepositoryEnvironmentDeploymentBranchPolicyArgs(
        protected_branches=False, custom_branch_policies=True
    )
