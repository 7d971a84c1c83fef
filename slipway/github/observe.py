"""The observed state of GitHub, queried before anything is planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slipway.github.api import Client, entries
from slipway.settings.github import Github, People


@dataclass(frozen=True)
class Reviewers:
    """Users and teams by GitHub's ids."""

    users: frozenset[int] = frozenset()
    teams: frozenset[int] = frozenset()


@dataclass(frozen=True)
class ObservedEnvironment:
    """An environment at GitHub."""

    reviewers: Reviewers
    policies: Mapping[tuple[str, str], int]
    """The id of each policy, by kind (`branch` or `tag`) and pattern."""
    secrets: Mapping[str, str]
    """When each secret was last written; values cannot be read."""
    variables: frozenset[str]


@dataclass(frozen=True)
class ObservedRepository:
    """The repository at GitHub, and what the token may do with it."""

    exists: bool
    administered: bool = False
    node_id: str = ""
    """Its id in the GraphQL API."""
    scopes: frozenset[str] | None = None
    """Of a classic token; None for all others, which have permissions instead."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    shared_secrets: frozenset[str] = frozenset()
    """Secrets of the organization that the repository has access to."""
    variables: frozenset[str] = frozenset()
    rulesets: Mapping[str, int] = field(default_factory=dict)
    """The id of each ruleset by its name."""
    protected: frozenset[str] = frozenset()
    """Patterns of the protected branches."""
    has_workflow_branch: bool = False
    """Whether the branch exists that workflow files are committed to."""
    files: frozenset[str] = frozenset()
    """Paths of those workflow files that exist."""


@dataclass(frozen=True)
class ObservedGithub:
    """The observed state that the plan depends on."""

    repository: ObservedRepository
    environment: ObservedEnvironment | None
    """None: it does not exist."""
    users: Mapping[str, int]
    """Ids of the configured users that exist."""
    teams: Mapping[str, int]
    """Ids of the configured teams that exist."""

    def ids(self, people: People) -> Reviewers:
        """The ids of `people`; raises KeyError for a user or team that does not exist."""
        return Reviewers(
            frozenset(self.users[each] for each in people.users),
            frozenset(self.teams[each] for each in people.teams),
        )


def observe(
    client: Client, github: Github, environment: str, files: Iterable[str]
) -> ObservedGithub:
    """Query everything, also which of the files exist in the branch for workflows."""
    path = f"repos/{github.owner}/{github.repository}/environments/{environment}"
    repository = _repository(client, github, files)
    named = [each for each in (github.environment.reviewers, github.tags.creators) if each]
    return ObservedGithub(
        repository=repository,
        environment=_environment(client, path) if repository.administered else None,
        users=_ids(client, "users", (name for each in named for name in each.users)),
        teams=_ids(
            client, f"orgs/{github.owner}/teams", (name for each in named for name in each.teams)
        ),
    )


def _repository(client: Client, github: Github, files: Iterable[str]) -> ObservedRepository:
    path, whole = f"repos/{github.owner}/{github.repository}", github.owns_repository
    branch = github.workflow_branch
    response = client.get(path)
    granted = response.headers.get("x-oauth-scopes")
    scopes = None if granted is None else frozenset(granted.replace(",", " ").split())
    if not response.found:
        return ObservedRepository(exists=False, scopes=scopes)
    if not response.body.get("permissions", {}).get("admin"):
        return ObservedRepository(exists=True, scopes=scopes)
    shared = entries(client, f"{path}/actions/organization-secrets", "secrets")
    return ObservedRepository(
        exists=True,
        administered=True,
        node_id=response.body["node_id"],
        scopes=scopes,
        secrets=_secrets(client, f"{path}/actions/secrets"),
        shared_secrets=frozenset(each["name"] for each in shared),
        variables=_variables(client, f"{path}/actions/variables") if whole else frozenset(),
        rulesets=_rulesets(client, f"{path}/rulesets") if github.protects else {},
        protected=frozenset(client.protected(github.repository) if github.protects else ()),
        has_workflow_branch=bool(branch) and client.get(f"{path}/branches/{branch}").found,
        files=frozenset(
            each for each in files if client.get(f"{path}/contents/{each}?ref={branch}").found
        ),
    )


def _environment(client: Client, path: str) -> ObservedEnvironment | None:
    response = client.get(path)
    if not response.found:
        return None
    policies = entries(client, f"{path}/deployment-branch-policies", "branch_policies")
    return ObservedEnvironment(
        reviewers=_reviewers(response.body.get("protection_rules", ())),
        policies={(each.get("type", "branch"), each["name"]): each["id"] for each in policies},
        secrets=_secrets(client, f"{path}/secrets"),
        variables=_variables(client, f"{path}/variables"),
    )


def _reviewers(rules: Iterable[Any]) -> Reviewers:
    found = [
        (each["type"], each["reviewer"]["id"])
        for rule in rules
        if rule["type"] == "required_reviewers"
        for each in rule["reviewers"]
    ]
    return Reviewers(
        frozenset(number for kind, number in found if kind == "User"),
        frozenset(number for kind, number in found if kind == "Team"),
    )


def _secrets(client: Client, path: str) -> dict[str, str]:
    return {each["name"]: each["updated_at"] for each in entries(client, path, "secrets")}


def _variables(client: Client, path: str) -> frozenset[str]:
    return frozenset(each["name"] for each in entries(client, path, "variables"))


def _rulesets(client: Client, path: str) -> dict[str, int]:
    # The list includes the organization's rulesets.
    return {
        each["name"]: each["id"]
        for each in entries(client, path)
        if each.get("source_type", "Repository") == "Repository"
    }


def _ids(client: Client, path: str, names: Iterable[str]) -> dict[str, int]:
    responses = {name: client.get(f"{path}/{name}") for name in dict.fromkeys(names)}
    return {name: response.body["id"] for name, response in responses.items() if response.found}
