"""Dependabot's configuration: updates of the application's dependencies.

The actions in the workflows are not among them: Slipway writes these files, and would revert it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slipway.settings.workflows import Project, Workflows

FILE = "dependabot.yml"
COOLDOWN = 7  # days, in which most bad releases are noticed and withdrawn


def content(settings: Project, chosen: Workflows) -> dict[str, Any]:
    """Each ecosystem weekly, in one pull request each; security updates at once."""
    return {"version": 2, "updates": [_update(*each) for each in _places(settings, chosen)]}


def _places(settings: Project, chosen: Workflows) -> Iterator[tuple[str, list[str]]]:
    ci, deploy = chosen.ci, chosen.deploy
    python = {deploy.program or deploy.folder, *([ci.python.folder] if ci.python else [])}
    yield "pip", sorted(python)
    if ci.node:
        yield "npm", [ci.node.folder]
    yield "docker", sorted({image.context for image in settings.application.images.values()})
    if ci.compose:
        yield "docker-compose", ["."]


def _update(ecosystem: str, folders: list[str]) -> dict[str, Any]:
    return {
        "package-ecosystem": ecosystem,
        "directories": ["/" if folder == "." else f"/{folder}" for folder in folders],
        "schedule": {"interval": "weekly"},
        "cooldown": {"default-days": COOLDOWN},
        "groups": {ecosystem: {"patterns": ["*"]}},
    }
