"""The REST interface, one noun a file; each adds its handlers to the table."""

from __future__ import annotations

import importlib

from fakes.github.routes import Routes

NOUNS = (
    "accounts",
    "teams",
    "repositories",
    "security",
    "branches",
    "refs",
    "commits",
    "contents",
    "environments",
    "policies",
    "secrets",
    "variables",
    "rulesets",
    "releases",
    "deployments",
    "labels",
)


def table() -> Routes:
    """All routes; where two patterns fit a path, the earlier one answers."""
    routes = Routes()
    for noun in NOUNS:
        routes.table += importlib.import_module(f"fakes.github.rest.{noun}").routes.table
    return routes
