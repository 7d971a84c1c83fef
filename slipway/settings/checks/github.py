"""Settings for GitHub that GitHub would refuse, as far as the settings alone show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slipway.settings.checks.references import unset
from slipway.settings.errors import Fault
from slipway.settings.github import MOST_REVIEWERS, Github, GithubEnvironment
from slipway.settings.settings import Settings

LARGEST: Final = 48 * 1024
"""Bytes of a secret or a variable: GitHub's limit."""
REPOSITORY_WIDE: Final = (
    "branches",
    "protection",
    "secrets",
    "tags",
    "variables",
    "workflow_branch",
)


def faults(settings: Settings) -> Iterator[Fault]:
    """Faults of the settings in `github`."""
    if settings.github is None:
        return
    yield from _ownership(settings.github, settings)
    yield from _reviewers(settings.github.environment, promoted=settings.promote_from is not None)
    yield from _values(settings.github, settings)


def _ownership(github: Github, settings: Settings) -> Iterator[Fault]:
    if not github.owns_repository:
        for key in REPOSITORY_WIDE:
            if key in github.model_fields_set:
                remedy = "Set `manage: repository` in one stack, and this key there."
                yield Fault(("github", key), "belongs to the whole repository", remedy)
    for key in ("branches", "tags"):
        if not github.protection and key in github.model_fields_set:
            remedy = f"Remove `{key}`, or `protection: false`."
            yield Fault(("github", key), "would not be protected with `protection: false`", remedy)
    if github.workflow_branch is not None and settings.workflows is None:
        remedy = "Configure `slipway:workflows`, or remove it."
        yield Fault(("github", "workflow_branch"), "needs `workflows`", remedy)


def _reviewers(environment: GithubEnvironment, *, promoted: bool) -> Iterator[Fault]:
    path = ("github", "environment", "reviewers")
    chosen = environment.reviewers
    if chosen is None:
        if promoted:
            remedy = "Name two users or a team, such as `{users: [ann, bob]}`; `{}` for nobody."
            yield Fault(path, "is required with `promote_from`", remedy)
        return
    if len(chosen.users) + len(chosen.teams) > MOST_REVIEWERS:
        remedy = "Name a team instead of its members."
        yield Fault(path, f"are more than {MOST_REVIEWERS}, GitHub's limit", remedy)
    if len(chosen.users) == 1 and not chosen.teams and not environment.self_review:
        remedy = "Name a second user or a team, or set `self_review: true`."
        yield Fault(path, "is one user, whose own deployments nobody could approve", remedy)


def _values(github: Github, settings: Settings) -> Iterator[Fault]:
    environment = github.environment
    if environment.wait is not None and environment.wait % 60:
        path = ("github", "environment", "wait")
        yield Fault(path, "must be whole minutes", "For example: `wait: 5m`.")
    if github.token is not None and github.token not in settings.secrets:
        yield unset(("github", "token"), "is not the name of an entry in `secrets`", "NAME")
    for prefix, holder in ((("github",), github), (("github", "environment"), environment)):
        for index, name in enumerate(holder.secrets):
            path = (*prefix, "secrets", index)
            if name not in settings.secrets:
                yield unset(path, f"there is no secret `{name}`", name)
            elif _too_large(settings.secrets[name].get_secret_value()):
                yield Fault(
                    path,
                    "is larger than 48 KiB, GitHub's limit",
                    "Store it encrypted elsewhere, and its key here.",
                )
        for name, value in holder.variables.items():
            if _too_large(value):
                path = (*prefix, "variables", name)
                yield Fault(path, "is larger than 48 KiB, GitHub's limit", "Store it in a file.")


def _too_large(value: str) -> bool:
    return len(value.encode()) > LARGEST
