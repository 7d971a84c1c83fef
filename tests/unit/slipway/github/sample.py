"""Settings with a repository, and a GitHub that answers from a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from slipway.github.api import Response
from slipway.github.observe import ObservedGithub, ObservedRepository, Reviewers
from slipway.settings import Settings
from slipway.settings.github import Github
from tests.unit.slipway.settings import sample

STACK: Final = sample.STACK
REPOSITORY: Final = "repos/acme/shop"
SCOPES: Final = {"x-oauth-scopes": "repo, workflow, read:org"}


def settings(folder: Path, github: str = "", rest: str = "{}") -> tuple[Settings, Github]:
    """The valid settings with a repository; `github` has more keys of its own, as YAML lines."""
    text = "\n".join(f"  {line}" for line in github.splitlines())
    loaded = sample.settings(
        folder, f"github:\n  owner: acme\n  repository: shop\n{text}\n" + rest.removeprefix("{}")
    )
    assert loaded.github
    return loaded, loaded.github


@dataclass
class Table:
    """Bodies by path; everything else is not there."""

    bodies: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=lambda: SCOPES)
    patterns: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def get(self, path: str) -> Response:
        self.asked.append(path)
        known = path if path in self.bodies else urlsplit(path).path
        return Response(200 if known in self.bodies else 404, self.headers, self.bodies.get(known))

    def protected(self, repository: str) -> Iterable[str]:
        return self.patterns


def found(**changes: Any) -> ObservedGithub:
    """A repository that may be administered, ada and the operators, and no environment."""
    values: dict[str, Any] = {
        "repository": ObservedRepository(exists=True, administered=True, node_id="R_1"),
        "environment": None,
        "users": {"ada": 1, "grace": 2},
        "teams": {"operators": 7},
    }
    return ObservedGithub(**{**values, **changes})


NOBODY: Final = Reviewers()
