"""Everything that would fail half-way through an update, found before its first write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from slipway.github import refs
from slipway.github.existing import Existing
from slipway.github.rules import branch_rules, environment_rules, release_tags
from slipway.github.survey import Survey
from slipway.settings import Fault, Settings
from slipway.settings.errors import suggestion
from slipway.settings.github import Github, People
from slipway.workflows.checks import required_checks
from slipway.workflows.secrets import needed_secrets

PERMISSIONS: Final = (
    "Give a fine-grained token or an app the repository permissions Administration, Environments, "
    "Secrets and Variables (write), and Contents and Workflows (write) for `workflow_branch`; or "
    "a classic token the scopes `repo`, `workflow` and `read:org`."
)


def faults(
    settings: Settings, github: Github, stack: str, survey: Survey, untaken: Existing
) -> Iterator[Fault]:
    """All faults; of a token that may not even look, only that.

    `untaken` is what exists at GitHub and is in no state.
    """
    token = list(_token(github, survey))
    if token:
        yield from token
        return
    yield from _people(github, survey)
    yield from _release_refs(settings, github, stack)
    yield from _secrets(settings, github, stack, survey)
    yield from _taking_over(github, untaken)
    if github.owns_repository:
        yield from _check_names(settings, github)
        yield from _workflow_branch(settings, github, survey)


def needed_scopes(github: Github) -> frozenset[str]:
    """Scopes that a classic token has to have.

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


def _token(github: Github, survey: Survey) -> Iterator[Fault]:
    found, path = survey.repository, ("github", "token")
    implied = {"read:org"} if {"admin:org", "write:org"} & (found.scopes or set()) else set()
    missing = needed_scopes(github) - (found.scopes or set()) - implied
    if found.scopes is not None and missing:
        listed = ", ".join(f"`{each}`" for each in sorted(missing))
        yield Fault(path, f"lacks the scope {listed}", "Add it to the token, or use another one.")
    elif not found.exists:
        what = (
            f"there is no repository {github.owner}/{github.repository}, or the token can't see it"
        )
        yield Fault(("github", "repository"), what, PERMISSIONS)
    elif not found.administered:
        what = f"may not administer {github.owner}/{github.repository}"
        yield Fault(path, what, PERMISSIONS)


def _people(github: Github, survey: Survey) -> Iterator[Fault]:
    holders: tuple[tuple[tuple[str, ...], People | None], ...] = (
        (("environment", "reviewers"), github.environment.reviewers),
        (("tags", "creators"), github.tags.creators),
    )
    for path, people in holders:
        for kind, named, known in (
            ("users", people.users if people else (), survey.users),
            ("teams", people.teams if people else (), survey.teams),
        ):
            for index, name in enumerate(named):
                if name not in known:
                    where = f" in {github.owner}" if kind == "teams" else ""
                    remedy = "Correct the name; a team's is the last part of its address."
                    what = f"GitHub knows no {kind[:-1]} `{name}`{where}"
                    yield Fault(("github", *path, kind, index), what, remedy)


def _taking_over(github: Github, untaken: Existing) -> Iterator[Fault]:
    """Nobody has said yet that what others made may be changed."""
    if untaken and not github.adopt:
        what = f"GitHub has already what this stack would make: {', '.join(sorted(untaken))}"
        remedy = "Set `adopt: true` to take it over: nothing changes before the update after that."
        yield Fault(("github",), what, remedy)


def _release_refs(settings: Settings, github: Github, stack: str) -> Iterator[Fault]:
    """The deploy workflow must be let in, and release tags be protected."""
    if settings.workflows is None:
        return
    wanted, deploy = settings.workflows, settings.workflows.deploy
    rules = environment_rules(settings, github)
    if rules.policies and stack in (deploy.staging, deploy.production):
        path = ("github", "environment")
        if not refs.admitted(rules.tags, wanted.release_tags):
            what = f"admit no tag `{wanted.release_tags}`, which the workflows deploy here"
            yield Fault((*path, "tags"), what, f"Add `{wanted.release_tags}`.")
        if stack == deploy.staging and not refs.admitted(rules.branches, wanted.branch):
            what = f"do not admit `{wanted.branch}`, which the workflows deploy here"
            yield Fault((*path, "branches"), what, f"Add `{wanted.branch}`.")
    tags = release_tags(settings, github)
    if github.owns_repository and not refs.admitted(tags, wanted.release_tags):
        what = f"exclude the release tags `{wanted.release_tags}`"
        remedy = f"Add `{wanted.release_tags}`, or change `release_tags` of `workflows`."
        yield Fault(("github", "tags", "patterns"), what, remedy)


def _secrets(settings: Settings, github: Github, stack: str, survey: Survey) -> Iterator[Fault]:
    """What the workflows read and neither this configuration nor anybody else has set."""
    found, needed = survey.repository, needed_secrets(settings)
    shared = {*github.secrets, *found.secrets, *found.shared_secrets}
    own = {*github.environment.secrets, *(survey.environment.secrets if survey.environment else ())}
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
        yield Fault(path, f"the workflows need `{name}`, and nobody has set it", remedy)


def _check_names(settings: Settings, github: Github) -> Iterator[Fault]:
    known = required_checks(settings)
    if not known:
        return
    for pattern, rules in branch_rules(settings, github).items():
        for index, name in enumerate(rules.checks or ()):
            if name not in known:
                path = ("github", "branches", pattern, "checks", index)
                yield Fault(path, f"no job of CI is called `{name}`", suggestion(name, known))


def _workflow_branch(settings: Settings, github: Github, survey: Survey) -> Iterator[Fault]:
    branch, path = github.workflow_branch, ("github", "workflow_branch")
    if branch is None:
        return
    if not survey.repository.takes_workflows:
        remedy = f"Make it: `git push origin HEAD:{branch}`."
        yield Fault(path, f"the repository has no branch `{branch}`", remedy)
    for pattern, rules in branch_rules(settings, github).items():
        if rules.administrators and refs.admits(pattern, branch):
            what = f"is protected by the rules for `{pattern}`, so that nothing can be committed"
            remedy = "Name a branch without rules, and merge it by a pull request."
            yield Fault(path, what, remedy)
