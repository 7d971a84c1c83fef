"""What GitHub knows: plain objects that tests may read and change."""

from __future__ import annotations

from fakes.github.state.accounts import Organization, Team, User
from fakes.github.state.git import Branches, Commit
from fakes.github.state.hub import GitHub
from fakes.github.state.protection import Protection
from fakes.github.state.repository import Environment, Repository
from fakes.github.state.tokens import Token
from fakes.github.state.vault import Secret, Variable, Vault

__all__ = [
    "Branches",
    "Commit",
    "Environment",
    "GitHub",
    "Organization",
    "Protection",
    "Repository",
    "Secret",
    "Team",
    "Token",
    "User",
    "Variable",
    "Vault",
]
