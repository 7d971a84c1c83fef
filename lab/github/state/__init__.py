"""What GitHub knows: plain objects that tests may look at and change behind the program's back."""

from __future__ import annotations

from lab.github.state.accounts import Organization, Team, User
from lab.github.state.git import Branches, Commit
from lab.github.state.hub import GitHub
from lab.github.state.protection import Protection
from lab.github.state.repository import Environment, Repository
from lab.github.state.tokens import Token
from lab.github.state.vault import Secret, Variable, Vault

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
