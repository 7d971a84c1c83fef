"""Linting and testing of Python and of Node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from shlex import join

from slipway.settings.workflows_ci import Ci, NodeCode, PythonCode
from slipway.workflows import actions, services
from slipway.workflows.model import (
    Defaults,
    Job,
    Permissions,
    Run,
    RunDefaults,
    Scalar,
    Step,
    Strategy,
    Use,
)
from slipway.workflows.steps import checkout, script, secret

LINT_LIMIT = 10  # minutes
TEST_LIMIT = 20


def jobs(ci: Ci, runner: str) -> Iterator[tuple[str, Job]]:
    """The jobs `lint` and `test`, or one of each for every language."""
    both = ci.python is not None and ci.node is not None
    if ci.python:
        suffix = " (python)" if both else ""
        yield f"lint{'-python' if both else ''}", _python_lint(ci.python, runner, suffix)
        yield f"test{'-python' if both else ''}", _python_test(ci, ci.python, runner, suffix)
    if ci.node:
        suffix = " (node)" if both else ""
        yield f"lint{'-node' if both else ''}", _node_lint(ci.node, runner, suffix)
        yield f"test{'-node' if both else ''}", _node_test(ci, ci.node, runner, suffix)


def _python_lint(code: PythonCode, runner: str, suffix: str) -> Job:
    return Job(
        name=f"lint{suffix}",
        runs_on=runner,
        timeout_minutes=LINT_LIMIT,
        permissions=Permissions(contents="read"),
        defaults=_in(code.folder),
        steps=(
            checkout(),
            *python(code, code.versions[-1]),
            *(Run(command, command) for command in code.lint),
        ),
    )


def _python_test(ci: Ci, code: PythonCode, runner: str, suffix: str) -> Job:
    version, name, strategy = _versions("python", code.versions, f"test{suffix}")
    measured = "coverage run --parallel-mode -m " if code.coverage else ""
    env = _test_environment(ci)
    tests = {"Unit tests": code.unit, "Integration tests": code.integration}
    steps: list[Step] = [checkout(), *python(code, version)]
    steps += [
        Run(name, f"python -m {measured}{module}", env=env)
        for name, module in tests.items()
        if module
    ]
    if code.coverage:
        steps.append(script("Coverage", "coverage-python", {"LEAST": code.coverage}))
        steps += _upload(ci, code.folder, "coverage.xml")
    return Job(
        name=name,
        runs_on=runner,
        timeout_minutes=TEST_LIMIT,
        permissions=_test_permissions(ci),
        strategy=strategy,
        defaults=_in(code.folder),
        services=services.containers(ci.services),
        steps=tuple(steps),
    )


def _node_lint(code: NodeCode, runner: str, suffix: str) -> Job:
    return Job(
        name=f"lint{suffix}",
        runs_on=runner,
        timeout_minutes=LINT_LIMIT,
        permissions=Permissions(contents="read"),
        defaults=_in(code.folder),
        steps=(
            checkout(),
            *node(code, code.versions[-1]),
            *(Run(command, command) for command in code.lint),
        ),
    )


def _node_test(ci: Ci, code: NodeCode, runner: str, suffix: str) -> Job:
    version, name, strategy = _versions("node", code.versions, f"test{suffix}")
    steps: list[Step] = [checkout(), *node(code, version)]
    if code.unit:
        steps.append(Run("Unit tests", code.unit, env=_test_environment(ci)))
    if code.unit and code.coverage:
        steps.append(script("Coverage", "coverage-node", {"LEAST": code.coverage}))
        steps += _upload(ci, code.folder, "coverage/lcov.info")
    if code.build:
        steps.append(Run("Build", code.build))
    return Job(
        name=name,
        runs_on=runner,
        timeout_minutes=TEST_LIMIT,
        permissions=_test_permissions(ci),
        strategy=strategy,
        defaults=_in(code.folder),
        services=services.containers(ci.services),
        steps=tuple(steps),
    )


def python(code: PythonCode, version: str) -> tuple[Step, ...]:
    """Python with the project's requirements, which later runs find in a cache."""
    files = "\n".join(f"{code.folder}/{file}" for file in code.requirements)
    requirements = [word for file in code.requirements for word in ("--requirement", file)]
    settings: dict[str, Scalar] = {
        "python-version": version,
        "cache": "pip",
        "cache-dependency-path": files,
    }
    return (
        Use("Set up Python", actions.SETUP_PYTHON, settings),
        Run("Install", f"python -m pip install --quiet {join(requirements)}"),
    )


def node(code: NodeCode, version: str) -> tuple[Step, ...]:
    """Node with the project's packages, which later runs find in a cache."""
    settings: dict[str, Scalar] = {
        "node-version": version,
        "cache": "npm",
        "cache-dependency-path": f"{code.folder}/package-lock.json",
    }
    return Use("Set up Node", actions.SETUP_NODE, settings), Run("Install", "npm ci")


def _versions(
    language: str, versions: tuple[str, ...], name: str
) -> tuple[str, str, Strategy | None]:
    """The version to set up, the job's name, and the matrix if there is more than one version."""
    if len(versions) == 1:
        return versions[0], name, None
    each = f"${{{{ matrix.{language} }}}}"
    return each, f"{name} ({each})", Strategy({language: versions}, fail_fast=False)


def _in(folder: str) -> Defaults | None:
    return None if folder == "." else Defaults(RunDefaults(None, folder))


def _test_environment(ci: Ci) -> Mapping[str, Scalar]:
    return {
        **services.addresses(ci.services),
        **ci.environment,
        **{name: secret(name) for name in ci.secrets},
    }


def _test_permissions(ci: Ci) -> Permissions:
    return Permissions(contents="read", id_token="write" if ci.codecov else None)


def _upload(ci: Ci, folder: str, report: str) -> Iterator[Step]:
    if ci.codecov:
        yield Use(
            "Upload the coverage",
            actions.CODECOV,
            {"use_oidc": True, "fail_ci_if_error": True, "files": f"{folder}/{report}"},
            # A pull request from a fork has no identity to prove.
            if_="!github.event.pull_request.head.repo.fork",
        )
