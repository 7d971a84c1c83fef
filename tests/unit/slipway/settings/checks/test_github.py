"""What can be wrong with `github` before GitHub is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.slipway.settings.sample import PASSWORD, faults

FAULTS = [
    (
        "secrets: [DATABASE_URL]",
        "secrets",
        (
            "belongs to the whole repository. "
            "Set `manage: repository` in one stack, and this key there."
        ),
    ),
    (
        "workflow_branch: main, manage: repository",
        "workflow_branch",
        "needs `workflows`. Configure `slipway:workflows`, or remove it.",
    ),
    (
        "branches: {main: {}}, manage: repository, protection: false",
        "branches",
        (
            "would not be protected with `protection: false`."
            " Remove `branches`, or `protection: false`."
        ),
    ),
    (
        "environment: {reviewers: {users: [ann]}}",
        "environment/reviewers",
        (
            "is one user, whose own deployments nobody could approve."
            " Name a second user or a team, or set `self_review: true`."
        ),
    ),
    (
        "environment: {reviewers: {users: [a, b, c, d], teams: [e, f, g]}}",
        "environment/reviewers",
        "are more than 6, GitHub's limit. Name a team instead of its members.",
    ),
    (
        "environment: {wait: 90s}",
        "environment/wait",
        "must be whole minutes. For example: `wait: 5m`.",
    ),
    (
        "token: NOBODY",
        "token",
        (
            "is not the name of an entry in `secrets`."
            " Set it: `pulumi config set --secret --path 'slipway:secrets.NAME'`."
        ),
    ),
    (
        "environment: {secrets: [KEY]}",
        "environment/secrets/0",
        (
            "there is no secret `KEY`."
            " Set it: `pulumi config set --secret --path 'slipway:secrets.KEY'`."
        ),
    ),
    (
        f"environment: {{variables: {{BIG: {'x' * 49153}}}}}",
        "environment/variables/BIG",
        "is larger than 48 KiB, GitHub's limit. Store it in a file.",
    ),
]


def told(folder: Path, github: str, rest: str = "") -> list[str]:
    return faults(folder, f"github: {{owner: acme, repository: shop, {github}}}\n{rest}")


@pytest.mark.parametrize(("change", "path", "text"), FAULTS)
def test_what_github_could_not_do_is_a_fault(
    folder: Path, change: str, path: str, text: str
) -> None:
    assert told(folder, change) == [f"staging/github/{path}: {text}"]


def test_an_environment_that_is_promoted_to_has_reviewers(folder: Path) -> None:
    assert told(folder, "", "promote_from: qa") == [
        (
            "staging/github/environment/reviewers: is required with `promote_from`."
            " Name two users or a team, such as `{users: [ann, bob]}`; `{}` for nobody."
        )
    ]


@pytest.mark.parametrize(
    "reviewers", ["{}", "{users: [ann, bob]}", "{teams: [operators]}", "{users: [ann], teams: [x]}"]
)
def test_nobody_two_users_or_a_team_may_review(folder: Path, reviewers: str) -> None:
    assert told(folder, f"environment: {{reviewers: {reviewers}}}", "promote_from: qa") == []


def test_a_secret_that_is_too_large_is_told_without_its_value(folder: Path) -> None:
    value = PASSWORD * 2000
    (line,) = told(folder, "environment: {secrets: [BIG]}", f"secrets: {{BIG: {value}}}")
    assert line.startswith("staging/github/environment/secrets/0: is larger than 48 KiB")
    assert PASSWORD not in line


@pytest.mark.parametrize("name", ["GITHUB_KEY", "lower", "1ST", "WITH-HYPHEN"])
def test_names_are_as_github_keeps_them(folder: Path, name: str) -> None:
    (line,) = told(folder, f"environment: {{variables: {{{name}: x}}}}")
    assert "must be A-Z, 0-9 and `_`, not begin with a digit or `GITHUB_`" in line
