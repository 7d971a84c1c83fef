"""Steps that several workflows share."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from math import ceil
from typing import Final

from slipway.ci import actions
from slipway.ci.model import Run, Scalar, Use

TOOLS: Final = {
    "bandit": "1.9.4",
    "pip-audit": "2.10.1",
    "semgrep": "1.180.0",
}
"""Versions of the tools that the workflows install."""


def checkout(*, full_history: bool = False) -> Use:
    """The step that checks out the commit, without leaving the token to later steps."""
    settings: dict[str, Scalar] = {"persist-credentials": False}
    if full_history:
        settings["fetch-depth"] = 0
    return Use("Check out", actions.CHECKOUT, settings)


def script(
    name: str,
    file: str,
    env: Mapping[str, Scalar],
    *,
    id: str | None = None,  # noqa: A002
    if_: str | None = None,
    folder: str | None = None,
) -> Run:
    """A step that runs one of the scripts beside this module."""
    return Run(name, source(file), id=id, if_=if_, env=env, working_directory=folder)


def source(file: str) -> str:
    """The text of one of the scripts beside this module; the shell is the workflow's."""
    text = (resources.files(__package__) / "scripts" / f"{file}.sh").read_text(encoding="utf-8")
    return text.removeprefix("#!/bin/bash\n")


def install_tools(*names: str) -> Run:
    """Pinned programs, in an environment of their own and on PATH."""
    packages = " ".join(f"{name}=={TOOLS[name]}" for name in names)
    return Run(
        "Install the tools",
        'python3 -m venv "$RUNNER_TEMP/tools"\n'
        f'"$RUNNER_TEMP/tools/bin/python" -m pip install {packages}\n'
        'echo "$RUNNER_TEMP/tools/bin" >> "$GITHUB_PATH"\n',
    )


def minutes(seconds: float) -> int:
    """Seconds as whole minutes, GitHub's unit of time limits."""
    return ceil(seconds / 60)


def secret(name: str) -> str:
    """The expression for a secret."""
    return f"${{{{ secrets.{name} }}}}"
