"""The rules that the settings ask for, with all defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from slipway.ci.required_checks import required_checks
from slipway.settings import Settings
from slipway.settings.github import BranchRules, Github, People

RELEASE_TAGS: Final = "v*"
STRICT_WAIT: Final = 300.0  # seconds; of environments that are promoted to
"""Defaults: see docs/github.md."""


@dataclass(frozen=True)
class EnvironmentRules:
    """Who may deploy what, and when. Without branches and tags, any ref may be deployed."""

    reviewers: People
    wait: int
    """Minutes."""
    self_review: bool
    administrators_bypass: bool
    branches: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def policies(self) -> tuple[tuple[str, str], ...]:
        """Kind (`branch` or `tag`) and pattern of everything that may be deployed."""
        branches = [("branch", each) for each in self.branches]
        return (*branches, *(("tag", each) for each in self.tags))


def environment_rules(settings: Settings, github: Github) -> EnvironmentRules:
    """The rules of the stack's environment; strict where a release is promoted to."""
    chosen, strict = github.environment, settings.promote_from is not None
    wait = chosen.wait if chosen.wait is not None else STRICT_WAIT * strict
    tags = release_tags(settings, github) if strict and chosen.tags is None else chosen.tags
    return EnvironmentRules(
        reviewers=chosen.reviewers or People(),
        wait=round(wait / 60),
        self_review=chosen.self_review,
        administrators_bypass=chosen.administrators_bypass,
        branches=chosen.branches or (),
        tags=tags or (),
    )


def release_tags(settings: Settings, github: Github) -> tuple[str, ...]:
    """Patterns of the tags that are releases."""
    if github.tags.patterns:
        return github.tags.patterns
    return (settings.workflows.release_tags if settings.workflows else RELEASE_TAGS,)


def branch_rules(settings: Settings, github: Github) -> Mapping[str, BranchRules]:
    """The protected branches, each with the names of its required checks."""
    if not github.protection:
        return {}
    default = settings.workflows.branch if settings.workflows else "main"
    chosen = {default: BranchRules()} if github.branches is None else github.branches
    checks = required_checks(settings)
    return {
        pattern: rules if rules.checks is not None else rules.model_copy(update={"checks": checks})
        for pattern, rules in chosen.items()
    }
