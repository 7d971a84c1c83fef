"""What a stack manages at GitHub: its environment and, in one stack, the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from slipway.settings.names import Label, Ref, SecretName, WebAddress
from slipway.settings.quantity import Duration
from slipway.settings.types import Model, Text

Owner = Annotated[
    str,
    Text(
        "account",
        rule="must be a GitHub account (letters, digits and inner hyphens, at most 39)",
        fits=re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?").fullmatch,
    ),
]
Login = Annotated[
    str,
    Text(
        "GitHub user",
        rule="must be a GitHub user's login, without `@`",
        fits=re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?").fullmatch,
    ),
]
Team = Annotated[
    str,
    Text(
        "GitHub team",
        rule="must be a team's short name (a-z, 0-9, `-` and `_`), without the organization",
        fits=re.compile(r"[a-z0-9][a-z0-9_-]{0,99}").fullmatch,
    ),
]
RepositoryName = Annotated[
    str,
    Text(
        "repository",
        rule="must be a repository's name (letters, digits, `.`, `_` and `-`), without its owner",
        fits=re.compile(r"[A-Za-z0-9_.-]{1,100}").fullmatch,
    ),
]
# Upper case, because GitHub stores names so and would show others as changed for ever.
# https://docs.github.com/en/actions/reference/security/secrets#naming-your-secrets
ActionsName = Annotated[
    str,
    Text(
        "secret or variable",
        rule="must be A-Z, 0-9 and `_`, not begin with a digit or `GITHUB_`, at most 255",
        fits=re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]{0,254}").fullmatch,
    ),
]

MOST_REVIEWERS: Final = 6
"""Users and teams together, by environment: GitHub's limit."""


class People(Model):
    """Users and teams, by name."""

    users: tuple[Login, ...] = Field(default=(), examples=[["ann", "bob"]])
    """Logins."""
    teams: tuple[Team, ...] = Field(default=(), examples=[["operators"]])
    """Short names of teams of the organization that owns the repository."""


class GithubEnvironment(Model):
    """The GitHub environment with the stack's name.

    It is strict by default in a stack with `promote_from`, and open in all others.
    """

    reviewers: People | None = Field(default=None, examples=[{"users": ["ann", "bob"]}])
    """Who has to approve a deployment: one of at most 6 users and teams. Required with
    `promote_from`; `{}`: nobody. In private repositories GitHub requires a paid plan."""
    wait: Duration | None = Field(default=None, ge=0, le=86_400, examples=["5m"])
    """Time between the start of a deployment and its first step, 0s to 24h in whole minutes;
    null: 5m with `promote_from`, else none."""
    self_review: bool = Field(default=False, examples=[True])
    """Whether the person who started a deployment may approve it."""
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
    """Variables of jobs in this environment; they are visible to everybody who can read the
    repository."""


class BranchRules(Model):
    """Rules for changes to a branch, which nobody may delete or force-push to."""

    approvals: int = Field(default=2, ge=0, le=6, examples=[1])
    """Approvals of a pull request, 0 to 6."""
    code_owners: bool = Field(default=False, examples=[True])
    """Whether the owners of changed files (CODEOWNERS) have to be among those who approve."""
    dismiss_stale: bool = Field(default=True, examples=[False])
    """Whether a new commit dismisses earlier approvals."""
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
    """Tags that are releases: once created, nobody may move or delete them (by a ruleset)."""

    patterns: tuple[Ref, ...] | None = Field(default=None, min_length=1, examples=[["v*"]])
    """The tags; null: `release_tags` of `workflows`, else `v*`."""
    creators: People | None = Field(default=None, examples=[{"teams": ["operators"]}])
    """The only people who may create them; null: everybody who may push."""


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
    GITHUB_APP_PEM_FILE, where Pulumi runs."""
    write_delay: Duration = Field(default=1.0, ge=0, le=60, examples=["0s"])
    """Pause after each write, 0s to 1m. GitHub asks for at least 1s; 0s is for a GitHub Enterprise
    Server without rate limits."""
    manage: Literal["environment", "repository"] = Field(
        default="environment", examples=["repository"]
    )
    """What the stack manages; one stack of the repository has `repository`."""
    adopt: bool = Field(default=False, examples=[True])
    """Whether existing resources at GitHub are imported: the first update only imports them into
    the state, the next one shows and changes what differs. Secrets and workflow files are
    overwritten at once. Without `adopt`, existing resources are an error."""
    environment: GithubEnvironment = Field(
        default=GithubEnvironment(), examples=[{"reviewers": {"users": ["ann", "bob"]}}]
    )
    """The environment with the stack's name."""
    branches: Mapping[Ref, BranchRules] | None = Field(
        default=None, examples=[{"main": {}, "develop": {"approvals": 1}}]
    )
    """Protected branches: names, or patterns with `*`; null: `branch` of `workflows`, else `main`,
    with the default rules."""
    protection: bool = Field(default=True, examples=[False])
    """Whether branches and release tags are protected. A private repository on GitHub's Free plan
    has neither protected branches nor rulesets; with false it still gets secrets and variables."""
    tags: ReleaseTags = Field(default=ReleaseTags(), examples=[{"patterns": ["v*"]}])
    """The tags that are releases."""
    secrets: tuple[ActionsName, ...] = Field(default=(), examples=[["SLACK_WEBHOOK"]])
    """Names of entries of `secrets` that all jobs get under the same names."""
    variables: Mapping[ActionsName, str] = Field(default={}, examples=[{"DOMAIN": "example.org"}])
    """Variables of all jobs; they are visible to everybody who can read the repository."""
    workflow_branch: Ref | None = Field(default=None, examples=["slipway"])
    """Existing branch that the workflow files are committed to; null: they are written by `slipway
    workflows write` only. A branch whose rules hold for administrators accepts no commit without a
    pull request."""

    @property
    def owns_repository(self) -> bool:
        """Whether this stack manages what all environments share."""
        return self.manage == "repository"

    @property
    def protects(self) -> bool:
        """Whether this stack manages protected branches and tags."""
        return self.owns_repository and self.protection
