"""What the fields at the top of a query or a mutation do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fakes.github.graphql import nodes
from fakes.github.graphql.lookup import fault, known
from fakes.github.graphql.mutations import Mutations
from fakes.github.graphql.nodes import Node
from fakes.github.state import GitHub, Organization, Token, User

Resolver = Callable[..., Node | None]

SCOPES: Final = {
    "organization": ("read:org", "write:org", "admin:org"),
    "createBranchProtectionRule": ("public_repo", "repo"),
    "updateBranchProtectionRule": ("public_repo", "repo"),
    "deleteBranchProtectionRule": ("public_repo", "repo"),
}
"""Top field → the scopes of which a token needs one."""


def fields(github: GitHub, token: Token) -> dict[str, Resolver]:
    """Queries and mutations by name."""
    found = _Queries(github, token)
    changes = Mutations(github, token)
    all_of_them: dict[str, Resolver] = {
        "viewer": found.viewer,
        "node": found.node,
        "repository": found.repository,
        "organization": found.organization,
        "user": found.user,
        "createBranchProtectionRule": changes.create,
        "updateBranchProtectionRule": changes.update,
        "deleteBranchProtectionRule": changes.delete,
    }
    return {name: _guarded(name, resolver, token) for name, resolver in all_of_them.items()}


def _guarded(name: str, resolver: Resolver, token: Token) -> Resolver:
    accepted = SCOPES.get(name, ())

    def guarded(info: object, **arguments: Any) -> Node | None:
        if token.permissions is None and not token.allows(accepted):
            message = (
                "Your token has not been granted the required scopes to execute this query. "
                f"The '{name}' field requires one of the following scopes: {list(accepted)}, "
                f"but your token has only been granted the: {list(token.scopes)} scopes."
            )
            raise fault("INSUFFICIENT_SCOPES", message)
        return resolver(info, **arguments)

    return guarded


class _Queries:
    def __init__(self, github: GitHub, token: Token) -> None:
        self._github = github
        self._token = token

    def viewer(self, _: object) -> Node:
        return nodes.user(self._token.user)

    def node(self, _: object, id: str) -> Node | None:  # noqa: A002 - GraphQL's name
        return nodes.node(self._github, known(self._github, id))

    def repository(self, _: object, owner: str, name: str, **__: object) -> Node:
        found = self._github.find(owner, name)
        if not found:
            message = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            raise fault("NOT_FOUND", message)
        return nodes.repository(self._github, found)

    def organization(self, _: object, login: str) -> Node:
        found = self._github.accounts.get(login.lower())
        if not isinstance(found, Organization):
            message = f"Could not resolve to an Organization with the login of '{login}'."
            raise fault("NOT_FOUND", message)
        return nodes.organization(found)

    def user(self, _: object, login: str) -> Node:
        found = self._github.accounts.get(login.lower())
        if not isinstance(found, User):
            raise fault("NOT_FOUND", f"Could not resolve to a User with the login of '{login}'.")
        return nodes.user(found)
