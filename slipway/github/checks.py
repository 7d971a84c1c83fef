"""Checks before the first write: everything that would make an update fail half-way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from slipway.ci.required_checks import required_checks
from slipway.ci.secrets import needed_secrets
from slipway.github import refs
from slipway.github.existing import Existing
from slipway.github.observe import ObservedGithub
from slipway.github.rules import branch_rules, environment_rules, release_tags
from slipway.settings import Fault, Settings
from slipway.settings.errors import suggestion
from slipway.settings.github import Github, People

PERMISSIONS: Final = (
    "Give a fine-grained token or an app the repository permissions Administration, Environments, "
    "Secrets and Variables (write), and Contents and Workflows (write) for `workflow_branch`; or "
    "a classic token the scopes `repo`, `workflow` and `read:org`."
)


def faults(
    settings: Settings, github: Github, stack: str, observed: ObservedGithub, unmanaged: Existing
) -> Iterator[Fault]:
    """All faults; if the token has no access, only that fault.

    `unmanaged` is what exists at GitHub and is not in the stack's state.
    """
    token = list(_token(github, observed))
    if token:
        yield from token
        return
    yield from _people(github, observed)
    yield from _release_refs(settings, github, stack)
    yield from _secrets(settings, github, stack, observed)
    yield from _taking_over(github, unmanaged)
    if github.owns_repository:
        yield from _check_names(settings, github)
        yield from _workflow_branch(settings, github, observed)


def needed_scopes(github: Github) -> frozenset[str]:
    """Scopes that a classic token needs.

    https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
    """
    reviewers = github.environment.reviewers
    creators = github.tags.creators
    teams = any(each.teams for each in (reviewers, creators) if each)
    return frozenset(
        {"repo"}
        | ({"workflow"} if github.workflow_branch else set())
        | ({"read:org"} if teams else set())
    )


def _token(github: Github, observed: ObservedGithub) -> Iterator[Fault]:
    found, path = observed.repository, ("github", "token")
    implied = {"read:org"} if {"admin:org", "write:org"} & (found.scopes or set()) else set()
    missing = needed_scopes(github) - (found.scopes or set()) - implied
    if found.scopes is not None and missing:
        listed = ", ".join(f"`{each}`" for each in sorted(missing))
        yield Fault(path, f"lacks the scope {listed}", "Add it to the token, or use another one.")
    elif not found.exists:
        name = f"{github.owner}/{github.repository}"
        what = f"there is no repository {name}, or the token has no access to it"
        yield Fault(("github", "repository"), what, PERMISSIONS)
    elif not found.administered:
        what = f"may not administer {github.owner}/{github.repository}"
        yield Fault(path, what, PERMISSIONS)


def _people(github: Github, observed: ObservedGithub) -> Iterator[Fault]:
    holders: tuple[tuple[tuple[str, ...], People | None], ...] = (
        (("environment", "reviewers"), github.environment.reviewers),
        (("tags", "creators"), github.tags.creators),
    )
    for path, people in holders:
        for kind, named, known in (
            ("users", people.users if people else (), observed.users),
            ("teams", people.teams if people else (), observed.teams),
        ):
            for index, name in enumerate(named):
                if name not in known:
                    where = f" in {github.owner}" if kind == "teams" else ""
                    remedy = "Correct the name; for a team use its slug, the last part of its URL."
                    what = f"there is no GitHub {kind[:-1]} `{name}`{where}"
                    yield Fault(("github", *path, kind, index), what, remedy)


def _taking_over(github: Github, unmanaged: Existing) -> Iterator[Fault]:
    """Existing resources are imported only with `adopt`."""
    if unmanaged and not github.adopt:
        what = f"these already exist at GitHub: {', '.join(sorted(unmanaged))}"
        remedy = (
            "Set `adopt: true` to import them; the update after the import changes what differs."
        )
        yield Fault(("github",), what, remedy)


def _release_refs(settings: Settings, github: Github, stack: str) -> Iterator[Fault]:
    """What the workflows deploy must be allowed here, and release tags must be protected."""
    if settings.workflows is None:
        return
    wanted, deploy = settings.workflows, settings.workflows.deploy
    rules = environment_rules(settings, github)
    if rules.policies and stack in (deploy.staging, deploy.production):
        path = ("github", "environment")
        if not refs.covered(rules.tags, wanted.release_tags):
            what = f"do not allow the tags `{wanted.release_tags}`, which the workflows deploy here"
            yield Fault((*path, "tags"), what, f"Add `{wanted.release_tags}`.")
        if stack == deploy.staging and not refs.covered(rules.branches, wanted.branch):
            what = f"do not allow `{wanted.branch}`, which the workflows deploy here"
            yield Fault((*path, "branches"), what, f"Add `{wanted.branch}`.")
    tags = release_tags(settings, github)
    if github.protects and not refs.covered(tags, wanted.release_tags):
        what = f"exclude the release tags `{wanted.release_tags}`"
        remedy = f"Add `{wanted.release_tags}`, or change `release_tags` of `workflows`."
        yield Fault(("github", "tags", "patterns"), what, remedy)


def _secrets(
    settings: Settings, github: Github, stack: str, observed: ObservedGithub
) -> Iterator[Fault]:
    """Secrets that the workflows need and that are set neither here nor at GitHub."""
    found, needed = observed.repository, needed_secrets(settings)
    shared = {*github.secrets, *found.secrets, *found.shared_secrets}
    own = {
        *github.environment.secrets,
        *(observed.environment.secrets if observed.environment else ()),
    }
    missing = set(needed.environments.get(stack, ())) - own - shared
    yield from _unset(missing, ("github", "environment", "secrets"))
    if github.owns_repository:
        yield from _unset(set(needed.repository) - shared, ("github", "secrets"))


def _unset(missing: Iterable[str], path: tuple[str, ...]) -> Iterator[Fault]:
    for name in sorted(missing):
        remedy = (
            f"Add `{name}` here and set it: "
            f"`pulumi config set --secret --path 'slipway:secrets.{name}'`."
        )
        yield Fault(path, f"the workflows need `{name}`, which is not set", remedy)


def _check_names(settings: Settings, github: Github) -> Iterator[Fault]:
    known = required_checks(settings)
    if not known:
        return
    for pattern, rules in branch_rules(settings, github).items():
        for index, name in enumerate(rules.checks or ()):
            if name not in known:
                path = ("github", "branches", pattern, "checks", index)
                yield Fault(path, f"CI has no job `{name}`", suggestion(name, known))


def _workflow_branch(
    settings: Settings, github: Github, observed: ObservedGithub
) -> Iterator[Fault]:
    branch, path = github.workflow_branch, ("github", "workflow_branch")
    if branch is None:
        return
    if not observed.repository.has_workflow_branch:
        remedy = f"Create it: `git push origin HEAD:{branch}`."
        yield Fault(path, f"the repository has no branch `{branch}`", remedy)
    for pattern, rules in branch_rules(settings, github).items():
        if rules.administrators and refs.covers(pattern, branch):
            what = f"is protected by the rules for `{pattern}`: every commit needs a pull request"
            remedy = "Name an unprotected branch, and merge it by a pull request."
            yield Fault(path, what, remedy)
