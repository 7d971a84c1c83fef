"""Finds objects by their global ids."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

from fakes.github.state import GitHub


def fault(kind: str, message: str) -> GraphQLError:
    """An error with GitHub's name for its kind."""
    return GraphQLError(message, extensions={"type": kind})


def known(github: GitHub, node_id: str) -> Any:
    """The object with this global id. Raises GraphQLError when there is none."""
    found = github.node(node_id)
    if not found:
        message = f"Could not resolve to a node with the global id of '{node_id}'."
        raise fault("NOT_FOUND", message)
    return found
