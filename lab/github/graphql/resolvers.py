"""What the fields at the top of a query or a mutation do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from graphql import GraphQLError

from lab.github.access import NOT_ACCESSIBLE
from lab.github.graphql import nodes
from lab.github.graphql.nodes import ALLOWANCES, Node
from lab.github.state import GitHub, Organization, Protection, Repository, Token, User

Resolver = Callable[..., Node | None]

SCOPES: Final = {
    "organization": ("read:org", "write:org", "admin:org"),
    "createBranchProtectionRule": ("public_repo", "repo"),
    "updateBranchProtectionRule": ("public_repo", "repo"),
    "deleteBranchProtectionRule": ("public_repo", "repo"),
}
"""Top field → the scopes of which a token needs one."""


def fault(kind: str, message: str) -> GraphQLError:
    """An error with GitHub's word for what kind it is."""
    return GraphQLError(message, extensions={"type": kind})


def fields(github: GitHub, token: Token) -> dict[str, Resolver]:
    """Queries and mutations by name."""
    found = _Queries(github, token)
    changes = _Mutations(github, token)
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
        return nodes.node(self._github, _known(self._github, id))

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


class _Mutations:
    def __init__(self, github: GitHub, token: Token) -> None:
        self._github = github
        self._token = token

    def create(self, _: object, input: dict[str, Any]) -> Node:  # noqa: A002 - GraphQL's name
        repository = _known(self._github, input["repositoryId"])
        if not isinstance(repository, Repository):
            raise fault("NOT_FOUND", f"'{input['repositoryId']}' is not a repository")
        self._administers(repository)
        if input["pattern"] in [rule.pattern for rule in repository.protections]:
            raise fault("UNPROCESSABLE", f"Name already protected: {input['pattern']}")
        rule = Protection(pattern=input["pattern"])
        repository.protections.append(rule)
        return self._apply(rule, input)

    def update(self, _: object, input: dict[str, Any]) -> Node:  # noqa: A002
        return self._apply(self._rule(input), input)

    def delete(self, _: object, input: dict[str, Any]) -> Node:  # noqa: A002
        rule = self._rule(input)
        self._repository(rule).protections.remove(rule)
        return {"clientMutationId": input.get("clientMutationId")}

    def _rule(self, input: dict[str, Any]) -> Protection:  # noqa: A002
        found = _known(self._github, input["branchProtectionRuleId"])
        if not isinstance(found, Protection):
            message = f"'{input['branchProtectionRuleId']}' is not a BranchProtectionRule"
            raise fault("NOT_FOUND", message)
        self._administers(self._repository(found))
        return found

    def _repository(self, rule: Protection) -> Repository:
        return next(r for r in self._github.repositories.values() if rule in r.protections)

    def _administers(self, repository: Repository) -> None:
        """Raises GraphQLError when the token's user, or the token, may not change the rules."""
        token = self._token
        if token.permissions is not None and not token.grants("administration", "write"):
            raise fault("FORBIDDEN", NOT_ACCESSIBLE)
        if not repository.may(token.user, "admin"):
            login = token.user.login
            message = f"{login} does not have the correct permissions to change branch protection"
            raise fault("FORBIDDEN", message)

    def _apply(self, rule: Protection, input: dict[str, Any]) -> Node:  # noqa: A002
        """Change what the input names; a null list leaves things as they are."""
        rule.pattern = input.get("pattern", rule.pattern)
        lists = ALLOWANCES.values()
        for name in lists:
            if input.get(name) is not None:
                rule.actors[name] = [_known(self._github, each).node_id for each in input[name]]
        left_out = {*lists, "pattern", "repositoryId", "branchProtectionRuleId", "clientMutationId"}
        rule.settings |= {name: value for name, value in input.items() if name not in left_out}
        rule.touch()
        shown = nodes.protection(self._github, rule)
        return {"branchProtectionRule": shown, "clientMutationId": input.get("clientMutationId")}


def _known(github: GitHub, node_id: str) -> Any:
    found = github.node(node_id)
    if not found:
        message = f"Could not resolve to a node with the global id of '{node_id}'."
        raise fault("NOT_FOUND", message)
    return found
