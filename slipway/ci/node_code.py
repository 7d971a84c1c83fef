"""How JavaScript and TypeScript are linted, tested and built."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.ci import actions
from slipway.ci.languages import Language, test_environment, upload, within
from slipway.ci.model import Run, Step, Use
from slipway.ci.steps import script
from slipway.settings.ci import Ci, NodeCode


def language(ci: Ci, code: NodeCode) -> Language:
    """Node, with the packages of package-lock.json."""
    return Language(
        name="node",
        folder=code.folder,
        versions=code.versions,
        set_up=lambda version: _set_up(code, version),
        lint=code.lint,
        tests=tuple(_tests(ci, code)),
    )


def _set_up(code: NodeCode, version: str) -> tuple[Step, ...]:
    lock = within(code.folder, "package-lock.json")
    return (
        Use(
            "Set up Node",
            actions.SETUP_NODE,
            {"node-version": version, "cache": "npm", "cache-dependency-path": lock},
        ),
        Run("Install", "npm ci"),
    )


def _tests(ci: Ci, code: NodeCode) -> Iterator[Step]:
    if code.unit:
        yield Run("Unit tests", code.unit, env=test_environment(ci))
        if code.coverage:
            yield script("Coverage", "coverage-node", {"LEAST": code.coverage})
            yield from upload(ci, code.folder, "coverage/lcov.info")
    if code.build:
        yield Run("Build", code.build)
