"""Audits of the code and of what it depends on."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import join, quote

from slipway.settings.workflows_ci import Ci, PythonCode
from slipway.workflows.model import Run, Step
from slipway.workflows.steps import install_tools


def steps(ci: Ci) -> Iterator[Step]:
    """Every audit runs, even after one has found something."""
    tools = ["bandit", "pip-audit"] if ci.python else []
    tools += ["semgrep"] if ci.semgrep else []
    if tools:
        yield install_tools(*tools)
    if code := ci.python:
        yield Run(
            "Bandit",
            f"bandit --quiet --recursive --severity-level medium {join(code.source)}",
            working_directory=code.folder,
        )
        yield Run(
            "Vulnerable Python packages",
            audit_python(code),
            if_="!cancelled()",
            working_directory=code.folder,
        )
    if ci.node:
        yield Run(
            "Vulnerable Node packages",
            "npm audit --audit-level high",
            if_="!cancelled()",
            working_directory=ci.node.folder,
        )
    if ci.semgrep:
        yield Run(
            "Semgrep",
            f"semgrep scan --quiet --error --metrics off --config {quote(ci.semgrep)}",
            if_="!cancelled()",
        )


def audit_python(code: PythonCode) -> str:
    """The command that fails when a requirement has a known vulnerability."""
    return f"pip-audit {join(f'--requirement={file}' for file in code.requirements)}"
