"""What a stack owns at GitHub: its environment and, one stack of all, the repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from slipway.settings.github_names import ActionsName, Owner, RepositoryName, Team, User
from slipway.settings.model import Model
from slipway.settings.names import Label, SecretName, WebAddress
from slipway.settings.quantity import Duration
from slipway.settings.workflows_names import Ref


class People(Model):
    """Users and teams, by name."""

    users: tuple[User, ...] = Field(default=(), examples=[["ann", "bob"]])
    """Logins."""
    teams: tuple[Team, ...] = Field(default=(), examples=[["operators"]])
    """Short names of teams of the organization that owns the repository."""


class GithubEnvironment(Model):
    """The GitHub environment with the stack's name.

    It is strict by default in a stack with `promote_from`, and open in all others.
    """

    reviewers: People | None = Field(default=None, examples=[{"users": ["ann", "bob"]}])
    """Who has to approve a deployment: one of at most 6 users and teams. With `promote_from` it has
    to be set; `{}` is nobody. GitHub asks for a paid plan in private repositories."""
    wait: Duration | None = Field(default=None, ge=0, le=86_400, examples=["5m"])
    """Time between the start of a deployment and its first step, 0s to 24h in whole minutes;
    null: 5m with `promote_from`, else none."""
    self_review: bool = Field(default=False, examples=[True])
    """Whether who started a deployment may approve it."""
    administrators_bypass: bool = Field(default=False, examples=[True])
    """Whether administrators may deploy without approval and waiting."""
    branches: tuple[Ref, ...] | None = Field(default=None, examples=[["main"]])
    """Branches that may be deployed; null: any, unless `tags` or `promote_from` are set."""
    tags: tuple[Ref, ...] | None = Field(default=None, examples=[["v*"]])
    """Tags that may be deployed; null: with `promote_from` the release tags, else like `branches`.
    """
    secrets: tuple[ActionsName, ...] = Field(default=(), examples=[["DEPLOY_SSH_KEY"]])
    """Names of entries of `secrets` that jobs in this environment get under the same names."""
    variables: Mapping[ActionsName, str] = Field(
        default={}, examples=[{"DEPLOY_HOST": "203.0.113.21"}]
    )
    """Variables of jobs in this environment; everybody who may read the repository sees them."""


class BranchRules(Model):
    """What a change has to pass to get into a branch, which nobody may delete or rewrite."""

    approvals: int = Field(default=2, ge=0, le=6, examples=[1])
    """Approvals of a pull request, 0 to 6."""
    code_owners: bool = Field(default=False, examples=[True])
    """Whether the owners of changed files (CODEOWNERS) have to be among those who approve."""
    dismiss_stale: bool = Field(default=True, examples=[False])
    """Whether a new commit takes earlier approvals away."""
    checks: tuple[str, ...] | None = Field(default=None, examples=[["lint", "test"]])
    """Checks that have to pass; null: every job of the CI workflow in `workflows`."""
    up_to_date: bool = Field(default=True, examples=[False])
    """Whether the checks have to pass with the branch's newest commit merged."""
    conversations: bool = Field(default=True, examples=[False])
    """Whether every conversation has to be resolved."""
    signed: bool = Field(default=False, examples=[True])
    """Whether commits have to be signed."""
    linear: bool = Field(default=False, examples=[True])
    """Whether merge commits are refused."""
    administrators: bool = Field(default=True, examples=[False])
    """Whether the rules hold for administrators too."""
    deployed_to: tuple[Label, ...] = Field(default=(), examples=[["staging"]])
    """Environments that a commit has to be deployed to before it is merged (by a ruleset)."""


class ReleaseTags(Model):
    """Tags that are releases: once made, nobody may move or delete them (by a ruleset)."""

    patterns: tuple[Ref, ...] | None = Field(default=None, min_length=1, examples=[["v*"]])
    """The tags; null: `release_tags` of `workflows`, else `v*`."""
    creators: People | None = Field(default=None, examples=[{"teams": ["operators"]}])
    """Who alone may make them; null: all who may push."""


class Github(Model):
    """The repository at GitHub, of which each stack owns the environment with its name.

    The stack with `manage: repository` owns `branches`, `tags`, `secrets`, `variables` and the
    workflow files, too.
    """

    owner: Owner = Field(examples=["acme"])
    """Organization or user that owns the repository."""
    repository: RepositoryName = Field(examples=["shop"])
    """Name of the repository, without its owner."""
    url: WebAddress = Field(
        default="https://api.github.com/", examples=["https://github.example.org/"]
    )
    """GitHub's API, or the address of a GitHub Enterprise Server."""
    token: SecretName | None = Field(default=None, examples=["GITHUB_ADMIN_TOKEN"])
    """Name in `secrets` of a token that may administer the repository; null: the variable
    GITHUB_TOKEN, or the GitHub App in GITHUB_APP_ID, GITHUB_APP_INSTALLATION_ID and
    GITHUB_APP_PEM_FILE, of whoever runs Pulumi."""
    write_delay: Duration = Field(default=1.0, ge=0, le=60, examples=["0s"])
    """Pause after each write, 0s to 1m. GitHub asks for a second at least; 0s writes all at once,
    for a GitHub Enterprise Server without limits."""
    manage: Literal["environment", "repository"] = Field(
        default="environment", examples=["repository"]
    )
    """What the stack owns; one stack of the repository has `repository`."""
    adopt: bool = Field(default=False, examples=[True])
    """Whether what is at GitHub already is taken over: the first update only takes it into the
    state, the next one shows and changes what differs. Secrets and workflow files are written over
    at once. Without `adopt` all of it is an error."""
    environment: GithubEnvironment = Field(
        default=GithubEnvironment(), examples=[{"reviewers": {"users": ["ann", "bob"]}}]
    )
    """The environment with the stack's name."""
    branches: Mapping[Ref, BranchRules] | None = Field(
        default=None, examples=[{"main": {}, "develop": {"approvals": 1}}]
    )
    """Protected branches: names, or patterns with `*`; null: `branch` of `workflows`, else `main`,
    with the default rules."""
    tags: ReleaseTags = Field(default=ReleaseTags(), examples=[{"patterns": ["v*"]}])
    """The tags that are releases."""
    secrets: tuple[ActionsName, ...] = Field(default=(), examples=[["SLACK_WEBHOOK"]])
    """Names of entries of `secrets` that all jobs get under the same names."""
    variables: Mapping[ActionsName, str] = Field(default={}, examples=[{"DOMAIN": "example.org"}])
    """Variables of all jobs; everybody who may read the repository sees them."""
    workflow_branch: Ref | None = Field(default=None, examples=["slipway"])
    """Existing branch that the workflow files are committed to; null: they are written by
    `slipway workflows write` only. A branch whose rules hold for administrators takes no commit
    without a pull request."""

    @property
    def owns_repository(self) -> bool:
        """Whether this is the stack that owns what all environments share."""
        return self.manage == "repository"
