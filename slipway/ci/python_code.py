"""How Python is linted and tested."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import join

from slipway.ci import actions
from slipway.ci.languages import Language, test_environment, upload, within
from slipway.ci.model import Run, Step, Use
from slipway.ci.steps import script
from slipway.settings.ci import Ci, PythonCode


def language(ci: Ci, code: PythonCode) -> Language:
    """Python, with the tools in the project's requirements."""
    return Language(
        name="python",
        folder=code.folder,
        versions=code.versions,
        set_up=lambda version: _set_up(code, version),
        lint=code.lint,
        tests=tuple(_tests(ci, code)),
    )


def _set_up(code: PythonCode, version: str) -> tuple[Step, ...]:
    files = "\n".join(within(code.folder, file) for file in code.requirements)
    requirements = [word for file in code.requirements for word in ("--requirement", file)]
    return (
        Use(
            "Set up Python",
            actions.SETUP_PYTHON,
            {"python-version": version, "cache": "pip", "cache-dependency-path": files},
        ),
        Run("Install", f"python -m pip install {join(requirements)}"),
    )


def _tests(ci: Ci, code: PythonCode) -> Iterator[Step]:
    runner = "python -m coverage run --parallel-mode -m" if code.coverage else "python -m"
    for name, module in (("Unit tests", code.unit), ("Integration tests", code.integration)):
        if module:
            yield Run(name, f"{runner} {module}", env=test_environment(ci))
    if code.coverage:
        yield script("Coverage", "coverage-python", {"LEAST": code.coverage})
        yield from upload(ci, code.folder, "coverage.xml")
