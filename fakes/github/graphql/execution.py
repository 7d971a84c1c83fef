"""Runs one GraphQL request and tells whether it, or the answer, breaks GitHub's schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import graphql
from graphql import (
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    specified_rules,
)

from fakes.github import schemas
from fakes.github.graphql import resolvers
from fakes.github.state import GitHub, Token

RULES: Final = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]
"""GitHub lets fields of one name differ in whether they may be null, as the provider's do."""


@dataclass(frozen=True)
class Executed:
    """The answer's body, the operation for the log, and what was against the schema."""

    body: dict[str, Any]
    name: str
    writes: bool
    faults: list[str]


def execute(github: GitHub, token: Token, request: dict[str, Any]) -> Executed:
    """GitHub always answers 200; errors are in the body."""
    schema = schemas.graphql_schema()
    try:
        document = graphql.parse(request.get("query", ""))
    except GraphQLError as error:
        return _refused([error], "query", writes=False)
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    writes = operation.operation is OperationType.MUTATION
    asked = [getattr(field, "name").value for field in operation.selection_set.selections]  # noqa: B009
    name = f"{operation.operation.value} {' '.join(asked)}"
    if errors := graphql.validate(schema, document, RULES):
        return _refused(errors, name, writes=writes)
    done = graphql.execute_sync(
        schema,
        document,
        root_value=resolvers.fields(github, token),
        variable_values=request.get("variables"),
    )
    errors = done.errors or []
    faults = [error.message for error in errors if not error.extensions]
    body: dict[str, Any] = {"data": done.data}
    if errors:
        body["errors"] = [_shown(error) for error in errors]
    return Executed(body, name, writes, faults)


def _refused(errors: list[GraphQLError], name: str, *, writes: bool) -> Executed:
    shown = [_shown(error) for error in errors]
    return Executed({"errors": shown}, name, writes, [error.message for error in errors])


def _shown(error: GraphQLError) -> dict[str, Any]:
    """An error in GitHub's form, with its kind beside the message."""
    shown = {name: value for name, value in error.formatted.items() if name != "extensions"}
    return {**(error.extensions or {}), **shown}
