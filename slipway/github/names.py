"""Names of the resources in the state. Pulumi replaces a resource that is renamed."""

from __future__ import annotations

from typing import Final

REPOSITORY: Final = "repository"
"""Scope of resources of the whole repository; an environment's scope is its name."""
RELEASE_TAGS: Final = f"{REPOSITORY}-release-tags"
RELEASE_CREATORS: Final = f"{REPOSITORY}-release-creators"


def environment(name: str) -> str:
    """The environment itself."""
    return f"{name}-environment"


def policy(name: str, kind: str, pattern: str) -> str:
    """A branch or tag that may be deployed to an environment."""
    return f"{name}-{kind}-{pattern}"


def secret(scope: str, name: str) -> str:
    """A secret of a scope."""
    return f"{scope}-secret-{name}"


def variable(scope: str, name: str) -> str:
    """A variable of a scope."""
    return f"{scope}-variable-{name}"


def branch(pattern: str) -> str:
    """The protection of a branch."""
    return f"{REPOSITORY}-branch-{pattern}"


def deployed(pattern: str) -> str:
    """The ruleset that requires deployments before a merge."""
    return f"{REPOSITORY}-deployed-{pattern}"


def file(path: str) -> str:
    """A file that is committed."""
    return f"{REPOSITORY}-file-{path}"


def ruleset(resource: str) -> str:
    """The name of a ruleset at GitHub, which people see when a push is refused."""
    return "slipway: " + resource.removeprefix(f"{REPOSITORY}-")
