"""The forms that GitHub's own names have to take."""

from __future__ import annotations

import re
from typing import Annotated, Final

from slipway.settings.kind import Text

Owner = Annotated[
    str,
    Text(
        "account",
        rule="must be a GitHub account (letters, digits and inner hyphens, at most 39)",
        fits=re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?").fullmatch,
    ),
]
User = Annotated[
    str,
    Text(
        "GitHub user",
        rule="must be a GitHub user's login, without `@`",
        fits=re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?").fullmatch,
    ),
]
Team = Annotated[
    str,
    Text(
        "GitHub team",
        rule="must be a team's short name (a-z, 0-9, `-` and `_`), without the organization",
        fits=re.compile(r"[a-z0-9][a-z0-9_-]{0,99}").fullmatch,
    ),
]
RepositoryName = Annotated[
    str,
    Text(
        "repository",
        rule="must be a repository's name (letters, digits, `.`, `_` and `-`), without its owner",
        fits=re.compile(r"[A-Za-z0-9_.-]{1,100}").fullmatch,
    ),
]
# Upper case, because GitHub stores names so and would show others as changed for ever.
# https://docs.github.com/en/actions/reference/security/secrets#naming-your-secrets
ActionsName = Annotated[
    str,
    Text(
        "secret or variable",
        rule="must be A-Z, 0-9 and `_`, not begin with a digit or `GITHUB_`, at most 255",
        fits=re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]{0,254}").fullmatch,
    ),
]

MOST_REVIEWERS: Final = 6
"""Users and teams together, by environment: GitHub's limit."""
