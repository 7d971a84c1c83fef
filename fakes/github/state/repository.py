"""A repository and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from fakes.github.state.accounts import Organization, Team, User
from fakes.github.state.git import Branches
from fakes.github.state.identity import Thing
from fakes.github.state.protection import Protection
from fakes.github.state.vault import Vault

ROLES: Final = ("pull", "triage", "push", "maintain", "admin")


@dataclass(kw_only=True)
class Record(Thing):
    """Something that GitHub keeps the way it was sent: a ruleset, a release, a label."""

    fields: dict[str, Any]


@dataclass(kw_only=True)
class Policy(Thing):
    """A pattern of branches or tags that may deploy to an environment."""

    name: str
    type: str = "branch"


@dataclass(kw_only=True)
class Environment(Thing):
    """A GitHub environment; `branch_policy` is None, or two flags of which one is true."""

    name: str
    wait_timer: int = 0
    prevent_self_review: bool = False
    can_admins_bypass: bool = True
    reviewers: list[User | Team] = field(default_factory=list)
    branch_policy: dict[str, bool] | None = None
    policies: dict[int, Policy] = field(default_factory=dict)
    vault: Vault = field(default_factory=Vault)

    PREFIX = "EN"


@dataclass(kw_only=True)
class Deployment(Thing):
    """A deployment with its statuses, oldest first."""

    fields: dict[str, Any]
    creator: User
    sha: str
    statuses: list[Record] = field(default_factory=list)

    PREFIX = "DE"


@dataclass(kw_only=True)
class Repository(Thing):
    """`roles` are by login, an administrator's by default; `settings` are the repository's own.

    `shared` is what its organization lets it have; `paid`, whether its plan has protected branches
    and rulesets for a private repository.
    """

    name: str
    owner: User | Organization
    private: bool = True
    paid: bool = True
    default_branch: str = "main"
    roles: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    topics: list[str] = field(default_factory=list)
    vulnerability_alerts: bool = False
    security_fixes: bool = False
    branches: Branches = field(default_factory=Branches)
    environments: dict[str, Environment] = field(default_factory=dict)
    vault: Vault = field(default_factory=Vault)
    shared: Vault = field(default_factory=Vault)
    dependabot: Vault = field(default_factory=Vault)
    protections: list[Protection] = field(default_factory=list)
    rulesets: dict[int, Record] = field(default_factory=dict)
    releases: dict[int, Record] = field(default_factory=dict)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    labels: dict[str, Record] = field(default_factory=dict)

    PREFIX = "R"

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def permissions(self, user: User) -> dict[str, bool]:
        """What the user's role allows."""
        reached = ROLES.index(self.roles.get(user.login, ROLES[-1]))
        return {role: level <= reached for level, role in enumerate(ROLES)}

    def may(self, user: User, role: str) -> bool:
        """Whether the user has this role, or a higher one."""
        return self.permissions(user)[role]
