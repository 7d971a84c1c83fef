"""A branch protection rule, as GraphQL sets and shows it."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import Any

from fakes.github.state.identity import Thing


@dataclass(kw_only=True)
class Protection(Thing):
    """`settings` has GraphQL's names; `actors` the node ids, by the input that named them."""

    pattern: str
    settings: dict[str, Any] = field(default_factory=dict)
    actors: dict[str, list[str]] = field(default_factory=dict)

    PREFIX = "BPR"

    def covers(self, branch: str) -> bool:
        return fnmatch.fnmatchcase(branch, self.pattern)

    def needs_pull_request(self) -> bool:
        return bool(self.settings.get("requiresApprovingReviews"))
