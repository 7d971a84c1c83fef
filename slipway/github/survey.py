"""What GitHub has, asked before anything is planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slipway.github.ask import Reader, entries
from slipway.settings.github import Github, People


@dataclass(frozen=True)
class Reviewers:
    """Users and teams by GitHub's numbers."""

    users: frozenset[int] = frozenset()
    teams: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Environment:
    """An environment as it is."""

    reviewers: Reviewers
    policies: Mapping[tuple[str, str], int]
    """The number of each policy, by kind (`branch` or `tag`) and pattern."""
    secrets: Mapping[str, str]
    """When each secret was last written; its value can't be asked for."""
    variables: frozenset[str]


@dataclass(frozen=True)
class Repository:
    """The repository as it is, and what the token may do with it."""

    exists: bool
    administered: bool = False
    node_id: str = ""
    """Its name in the GraphQL API."""
    scopes: frozenset[str] | None = None
    """Of a classic token; None for all others, which have permissions instead."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    shared_secrets: frozenset[str] = frozenset()
    """Secrets of the organization that the repository gets."""
    variables: frozenset[str] = frozenset()
    rulesets: Mapping[str, int] = field(default_factory=dict)
    """The number of each ruleset by its name."""
    protected: frozenset[str] = frozenset()
    """Patterns of the protected branches."""
    takes_workflows: bool = False
    """Whether there is the branch that the workflow files are committed to."""
    files: frozenset[str] = frozenset()
    """Paths of the files in question that are there already."""


@dataclass(frozen=True)
class Survey:
    """Everything that the plan depends on."""

    repository: Repository
    environment: Environment | None
    """None: there is no such environment."""
    users: Mapping[str, int]
    """Numbers of the users that are named and known."""
    teams: Mapping[str, int]
    """Numbers of the teams that are named and known."""

    def numbers(self, people: People) -> Reviewers:
        """Those who are named, by number; raises KeyError for somebody unknown."""
        return Reviewers(
            frozenset(self.users[each] for each in people.users),
            frozenset(self.teams[each] for each in people.teams),
        )


def survey(reader: Reader, github: Github, environment: str, files: Iterable[str]) -> Survey:
    """Ask for everything, and which of the files there are in the branch for workflows."""
    path = f"repos/{github.owner}/{github.repository}/environments/{environment}"
    repository = _repository(reader, github, files)
    named = [each for each in (github.environment.reviewers, github.tags.creators) if each]
    return Survey(
        repository=repository,
        environment=_environment(reader, path) if repository.administered else None,
        users=_numbers(reader, "users", (name for each in named for name in each.users)),
        teams=_numbers(
            reader, f"orgs/{github.owner}/teams", (name for each in named for name in each.teams)
        ),
    )


def _repository(reader: Reader, github: Github, files: Iterable[str]) -> Repository:
    path, whole = f"repos/{github.owner}/{github.repository}", github.owns_repository
    branch = github.workflow_branch
    answer = reader.get(path)
    granted = answer.headers.get("x-oauth-scopes")
    scopes = None if granted is None else frozenset(granted.replace(",", " ").split())
    if not answer.found:
        return Repository(exists=False, scopes=scopes)
    if not answer.body.get("permissions", {}).get("admin"):
        return Repository(exists=True, scopes=scopes)
    shared = entries(reader, f"{path}/actions/organization-secrets", "secrets")
    return Repository(
        exists=True,
        administered=True,
        node_id=answer.body["node_id"],
        scopes=scopes,
        secrets=_secrets(reader, f"{path}/actions/secrets"),
        shared_secrets=frozenset(each["name"] for each in shared),
        variables=_variables(reader, f"{path}/actions/variables") if whole else frozenset(),
        rulesets=_rulesets(reader, f"{path}/rulesets") if whole else {},
        protected=frozenset(reader.protected(github.repository)) if whole else frozenset(),
        takes_workflows=bool(branch) and reader.get(f"{path}/branches/{branch}").found,
        files=frozenset(
            each for each in files if reader.get(f"{path}/contents/{each}?ref={branch}").found
        ),
    )


def _environment(reader: Reader, path: str) -> Environment | None:
    answer = reader.get(path)
    if not answer.found:
        return None
    policies = entries(reader, f"{path}/deployment-branch-policies", "branch_policies")
    return Environment(
        reviewers=_reviewers(answer.body.get("protection_rules", ())),
        policies={(each.get("type", "branch"), each["name"]): each["id"] for each in policies},
        secrets=_secrets(reader, f"{path}/secrets"),
        variables=_variables(reader, f"{path}/variables"),
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


def _secrets(reader: Reader, path: str) -> dict[str, str]:
    return {each["name"]: each["updated_at"] for each in entries(reader, path, "secrets")}


def _variables(reader: Reader, path: str) -> frozenset[str]:
    return frozenset(each["name"] for each in entries(reader, path, "variables"))


def _rulesets(reader: Reader, path: str) -> dict[str, int]:
    # The list has the organization's rulesets, too.
    return {
        each["name"]: each["id"]
        for each in entries(reader, path)
        if each.get("source_type", "Repository") == "Repository"
    }


def _numbers(reader: Reader, path: str, names: Iterable[str]) -> dict[str, int]:
    answers = {name: reader.get(f"{path}/{name}") for name in dict.fromkeys(names)}
    return {name: answer.body["id"] for name, answer in answers.items() if answer.found}
