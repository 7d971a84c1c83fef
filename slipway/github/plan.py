"""What is wanted of GitHub beside what it has, once nothing speaks against it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from slipway.github import checks, drift, existing
from slipway.github.existing import Existing
from slipway.github.rules import (
    EnvironmentRules,
    branch_rules,
    environment_rules,
    release_tags,
)
from slipway.github.survey import Reviewers, Survey
from slipway.settings import Settings, SettingsError
from slipway.settings.github import BranchRules, Github, People


@dataclass(frozen=True)
class Plan:
    """Everything with its defaults, and everybody by number."""

    rules: EnvironmentRules
    reviewers: Reviewers
    branches: Mapping[str, BranchRules]
    tags: tuple[str, ...]
    creators: Reviewers
    taken: Existing
    """What GitHub has and the state has not: the update takes it over."""
    foreign: tuple[str, ...]
    """What else may be deployed to the environment, though nobody configured it."""


def plan(
    settings: Settings, github: Github, environment: str, found: Survey, kept: Collection[str]
) -> Plan:
    """The plan; `kept` has the names of the resources in the stack's state.

    Raises SettingsError with everything that would fail in the middle of an update.
    """
    rules, branches = environment_rules(settings, github), branch_rules(settings, github)
    there = existing.of_environment(github, environment, rules, found)
    if github.owns_repository:
        there |= existing.of_repository(github, branches, found)
    taken = {name: each for name, each in there.items() if name not in kept}
    faults = list(checks.faults(settings, github, environment, found, taken))
    if faults:
        raise SettingsError(environment, faults)
    return Plan(
        rules=rules,
        reviewers=found.numbers(rules.reviewers),
        branches=branches,
        tags=release_tags(settings, github),
        creators=found.numbers(github.tags.creators or People()),
        taken=taken,
        foreign=tuple(drift.foreign_policies(environment, rules, found.environment, kept)),
    )
