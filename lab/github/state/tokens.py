"""Personal access tokens (classic) and what their scopes allow."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from lab.github.state.accounts import User

ALL: Final = ("repo", "workflow", "admin:org", "delete_repo")

INCLUDED: Final = {
    "repo": {"public_repo", "repo_deployment", "repo:status", "repo:invite", "security_events"},
    "admin:org": {"write:org", "read:org"},
    "write:org": {"read:org"},
    "user": {"read:user", "user:email", "user:follow"},
}
"""What a scope allows besides itself, from GitHub's list of the scopes for OAuth apps."""


@dataclass(frozen=True)
class Token:
    """What a request shows to say who asks."""

    user: User
    scopes: tuple[str, ...] = ALL
    text: str = field(default_factory=lambda: f"ghp_{secrets.token_hex(18)}", repr=False)

    def allows(self, accepted: tuple[str, ...]) -> bool:
        """Whether the token has one of the accepted scopes; () needs none."""
        granted = set(self.scopes).union(*(INCLUDED.get(scope, set()) for scope in self.scopes))
        return not accepted or bool(granted & set(accepted))
