"""Audits of the code and of its dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import join, quote

from slipway.ci.model import Run, Step
from slipway.ci.steps import install_tools
from slipway.settings.ci import Ci


def steps(ci: Ci) -> Iterator[Step]:
    """All audits; each runs even after another has failed."""
    tools = _tools(ci)
    if tools:
        yield install_tools(*tools)
    if ci.python:
        yield Run(
            "Bandit",
            f"bandit --recursive --severity-level medium {join(ci.python.source)}",
            working_directory=ci.python.folder,
        )
    yield from _audits(ci)
    if ci.semgrep:
        yield Run(
            "Semgrep",
            # It asks for newer versions at every start, and waits for minutes where it can't.
            "semgrep scan --error --metrics off --disable-version-check"
            f" --config {quote(ci.semgrep)}",
            if_="!cancelled()",
        )


def dependencies(ci: Ci) -> Iterator[Step]:
    """The audits of dependencies, whose results change without a change of the code."""
    if ci.python:
        yield install_tools("pip-audit")
    yield from _audits(ci)


def _tools(ci: Ci) -> list[str]:
    return [*(("bandit", "pip-audit") if ci.python else ()), *(("semgrep",) if ci.semgrep else ())]


def _audits(ci: Ci) -> Iterator[Step]:
    if ci.python:
        yield Run(
            "Vulnerable Python packages",
            f"pip-audit {join(f'--requirement={file}' for file in ci.python.requirements)}",
            if_="!cancelled()",
            working_directory=ci.python.folder,
        )
    if ci.node:
        yield Run(
            "Vulnerable Node packages",
            "npm audit --audit-level high",
            if_="!cancelled()",
            working_directory=ci.node.folder,
        )
