"""Why a commit straight to a branch is refused: protection rules and rulesets."""

from __future__ import annotations

import fnmatch
from typing import Any, Final

from fakes.github.state import Protection, Repository, User
from fakes.github.state.repository import Record

ADMINISTRATOR: Final = 5
"""GitHub's number for the repository role of administrators."""


def refusal(repository: Repository, branch: str, user: User) -> str:
    """The message, with a place for the verb; empty when the commit is allowed.

    Everybody is an administrator here, so a rule that isn't for administrators lets them pass.
    """
    for rule in repository.protections:
        if rule.covers(branch) and rule.needs_pull_request() and not _may_bypass(rule, user):
            return "Could not {verb} file: Changes must be made through a pull request."
    for ruleset in repository.rulesets.values():
        if _covers(ruleset, repository, branch) and not _bypassed(ruleset):
            problem = "Changes must be made through a pull request."
            return f"Repository rule violations found\n\n{problem}\n\n"
    return ""


def _may_bypass(rule: Protection, user: User) -> bool:
    exempt = user.node_id in rule.actors.get("bypassPullRequestActorIds", [])
    return exempt or not rule.settings.get("isAdminEnforced")


def _covers(ruleset: Record, repository: Repository, branch: str) -> bool:
    fields: dict[str, Any] = ruleset.fields
    needs_request = any(rule["type"] == "pull_request" for rule in fields.get("rules") or [])
    names = (fields.get("conditions") or {}).get("ref_name", {})
    on_branches = fields.get("target", "branch") == "branch"
    if fields["enforcement"] != "active" or not on_branches or not needs_request:
        return False
    return _matches(names.get("include", []), repository, branch) and not _matches(
        names.get("exclude", []), repository, branch
    )


def _matches(patterns: list[str], repository: Repository, branch: str) -> bool:
    default = branch == repository.default_branch
    return any(
        pattern == "~ALL"
        or (pattern == "~DEFAULT_BRANCH" and default)
        or fnmatch.fnmatchcase(f"refs/heads/{branch}", pattern)
        for pattern in patterns
    )


def _bypassed(ruleset: Record) -> bool:
    actors = ruleset.fields.get("bypass_actors") or []
    return any(
        actor["actor_type"] == "OrganizationAdmin"
        or (actor["actor_type"] == "RepositoryRole" and actor["actor_id"] == ADMINISTRATOR)
        for actor in actors
        if actor.get("bypass_mode") != "pull_request"
    )
