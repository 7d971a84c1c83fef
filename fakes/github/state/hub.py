"""GitHub as a whole, and how to find what it has."""

from __future__ import annotations

from dataclasses import dataclass, field

from fakes.github.state.accounts import Account, Organization, Team, User
from fakes.github.state.protection import Protection
from fakes.github.state.repository import Repository
from fakes.github.state.tokens import ALL, Token


@dataclass
class GitHub:
    """One GitHub: accounts by login, repositories by full name, both in lower case."""

    accounts: dict[str, Account] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)

    def user(self, login: str) -> User:
        """Add a user."""
        user = User(login=login, name=login.capitalize())
        self.accounts[login.lower()] = user
        return user

    def organization(self, login: str) -> Organization:
        """Add an organization."""
        organization = Organization(login=login, name=login.capitalize())
        self.accounts[login.lower()] = organization
        return organization

    def repository(self, owner: Account, name: str, *, private: bool = True) -> Repository:
        """Add a repository with one commit on its default branch."""
        repository = Repository(name=name, owner=owner, private=private)
        readme: dict[str, bytes | None] = {"README.md": f"# {name}\n".encode()}
        repository.branches.commit(repository.default_branch, "Initial commit", readme)
        self.repositories[repository.full_name.lower()] = repository
        return repository

    def token(self, user: User, *scopes: str) -> Token:
        """Give out a token with these scopes, or with all that Slipway may need."""
        return self._give(Token(user, scopes or ALL))

    def fine_grained_token(self, user: User, **permissions: str) -> Token:
        """Give out a token with permissions such as `secrets="write"`."""
        return self._give(Token(user, (), permissions))

    def _give(self, token: Token) -> Token:
        self.tokens[token.text] = token
        return token

    def find(self, owner: str, name: str) -> Repository | None:
        """A repository by its names."""
        return self.repositories.get(f"{owner}/{name}".lower())

    def find_by_id(self, identity: int) -> Repository | None:
        """A repository by its number."""
        return next((r for r in self.repositories.values() if r.id == identity), None)

    def teams(self) -> list[Team]:
        """Of all organizations."""
        organizations = (a for a in self.accounts.values() if isinstance(a, Organization))
        return [team for organization in organizations for team in organization.teams.values()]

    def node(self, node_id: str) -> Account | Team | Repository | Protection | None:
        """Anything that has this global id and that GraphQL can show here."""
        rules = (rule for r in self.repositories.values() for rule in r.protections)
        things = (*self.accounts.values(), *self.teams(), *self.repositories.values(), *rules)
        return next((thing for thing in things if thing.node_id == node_id), None)
