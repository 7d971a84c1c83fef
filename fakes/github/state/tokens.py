"""Personal access tokens: classic ones with scopes, fine-grained ones with permissions."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fakes.github.state.accounts import User

ALL: Final = ("repo", "workflow", "admin:org", "delete_repo")

INCLUDED: Final = {
    "repo": {"public_repo", "repo_deployment", "repo:status", "repo:invite", "security_events"},
    "admin:org": {"write:org", "read:org"},
    "write:org": {"read:org"},
    "user": {"read:user", "user:email", "user:follow"},
}
"""What a scope allows besides itself, from GitHub's list of the scopes for OAuth apps."""


LEVELS: Final = ("read", "write")


@dataclass(frozen=True)
class Token:
    """What a request shows to say who asks; `permissions` are None for a classic one."""

    user: User
    scopes: tuple[str, ...] = ALL
    permissions: Mapping[str, str] | None = None
    text: str = field(default_factory=lambda: f"ghp_{secrets.token_hex(18)}", repr=False)

    def grants(self, permission: str, level: str) -> bool:
        """Whether a fine-grained token has the permission; everyone may read the metadata."""
        granted = {"metadata": "read", **(self.permissions or {})}.get(permission)
        return granted is not None and LEVELS.index(granted) >= LEVELS.index(level)

    def allows(self, accepted: tuple[str, ...]) -> bool:
        """Whether a classic token has one of the accepted scopes; () needs none."""
        granted = set(self.scopes).union(*(INCLUDED.get(scope, set()) for scope in self.scopes))
        return not accepted or bool(granted & set(accepted))
