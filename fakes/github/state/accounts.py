"""Users, organizations and teams."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fakes.github.state.identity import Thing

Plan = Literal["free", "team", "enterprise"]


@dataclass(kw_only=True)
class User(Thing):
    """A person."""

    login: str
    name: str | None = None

    PREFIX = "U"
    KIND = "User"


@dataclass(kw_only=True)
class Team(Thing):
    """Some members of an organization."""

    slug: str
    organization: Organization
    members: list[User] = field(default_factory=list)

    PREFIX = "T"


@dataclass(kw_only=True)
class Organization(Thing):
    """What repositories and teams belong to; `plan` is what it pays for."""

    login: str
    name: str | None = None
    plan: Plan = "enterprise"
    teams: dict[str, Team] = field(default_factory=dict)

    PREFIX = "O"
    KIND = "Organization"

    def team(self, slug: str, *members: User) -> Team:
        """Add a team."""
        team = Team(slug=slug, organization=self, members=list(members))
        self.teams[slug] = team
        return team


Account = User | Organization
