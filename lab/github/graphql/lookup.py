"""Finding things by their global ids, and saying that there is none."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

from lab.github.state import GitHub


def fault(kind: str, message: str) -> GraphQLError:
    """An error with GitHub's word for what kind it is."""
    return GraphQLError(message, extensions={"type": kind})


def known(github: GitHub, node_id: str) -> Any:
    """What has this global id. Raises GraphQLError when nothing has."""
    found = github.node(node_id)
    if not found:
        message = f"Could not resolve to a node with the global id of '{node_id}'."
        raise fault("NOT_FOUND", message)
    return found
