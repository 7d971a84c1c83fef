"""Branch protection rules, made and changed."""

from __future__ import annotations

from typing import Any

from fakes.github.access import NOT_ACCESSIBLE
from fakes.github.graphql import nodes
from fakes.github.graphql.lookup import fault, known
from fakes.github.graphql.nodes import ALLOWANCES, Node
from fakes.github.state import GitHub, Protection, Repository, Token


class Mutations:
    """Changes of branch protection rules."""

    def __init__(self, github: GitHub, token: Token) -> None:
        self._github = github
        self._token = token

    def create(self, _: object, input: dict[str, Any]) -> Node:  # noqa: A002 - GraphQL's name
        repository = known(self._github, input["repositoryId"])
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
        found = known(self._github, input["branchProtectionRuleId"])
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
                rule.actors[name] = [known(self._github, each).node_id for each in input[name]]
        left_out = {*lists, "pattern", "repositoryId", "branchProtectionRuleId", "clientMutationId"}
        rule.settings |= {name: value for name, value in input.items() if name not in left_out}
        rule.touch()
        shown = nodes.protection(self._github, rule)
        return {"branchProtectionRule": shown, "clientMutationId": input.get("clientMutationId")}
