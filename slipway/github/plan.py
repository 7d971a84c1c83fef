"""The plan for GitHub: the desired state, checked against the observed one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from slipway.github import checks, drift, existing
from slipway.github.existing import Existing
from slipway.github.observe import ObservedGithub, Reviewers
from slipway.github.rules import (
    EnvironmentRules,
    branch_rules,
    environment_rules,
    release_tags,
)
from slipway.settings import Settings, SettingsError
from slipway.settings.github import BranchRules, Github, People


@dataclass(frozen=True)
class GithubPlan:
    """The desired state with all defaults, and people by id."""

    rules: EnvironmentRules
    reviewers: Reviewers
    branches: Mapping[str, BranchRules]
    tags: tuple[str, ...]
    creators: Reviewers
    taken: Existing
    """What exists at GitHub and is not in the state: the update imports it."""
    foreign: tuple[str, ...]
    """Branches and tags that may be deployed to the environment though not configured."""


def plan(
    settings: Settings,
    github: Github,
    environment: str,
    found: ObservedGithub,
    kept: Collection[str],
) -> GithubPlan:
    """The plan; `kept` has the names of the resources in the stack's state.

    Raises SettingsError with everything that would make the update fail half-way.
    """
    rules, branches = environment_rules(settings, github), branch_rules(settings, github)
    there = existing.of_environment(github, environment, rules, found)
    if github.owns_repository:
        there |= existing.of_repository(github, branches, found)
    taken = {name: each for name, each in there.items() if name not in kept}
    faults = list(checks.faults(settings, github, environment, found, taken))
    if faults:
        raise SettingsError(environment, faults)
    return GithubPlan(
        rules=rules,
        reviewers=found.ids(rules.reviewers),
        branches=branches,
        tags=release_tags(settings, github),
        creators=found.ids(github.tags.creators or People()),
        taken=taken,
        foreign=tuple(drift.unmanaged_policies(environment, rules, found.environment, kept)),
    )
