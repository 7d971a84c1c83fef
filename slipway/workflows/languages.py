"""The jobs that lint and test the code of one language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from slipway.settings.workflows_ci import Ci
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
from slipway.workflows.steps import checkout, secret

LINT_LIMIT = 10  # minutes
TEST_LIMIT = 20


@dataclass(frozen=True)
class Language:
    """A language, and how its code is checked in `folder`."""

    name: str
    folder: str
    versions: tuple[str, ...]
    set_up: Callable[[str], tuple[Step, ...]]
    """The steps that bring a version of the language, and the packages of the code."""
    lint: tuple[str, ...]
    tests: tuple[Step, ...]

    def jobs(self, ci: Ci, runner: str, suffix: str) -> Iterator[Job]:
        """`lint` and `test`; the latter for each version."""
        where = None if self.folder == "." else Defaults(RunDefaults(None, self.folder))
        yield Job(
            name=f"lint{suffix}",
            runs_on=runner,
            timeout_minutes=LINT_LIMIT,
            permissions=Permissions(contents="read"),
            defaults=where,
            steps=(
                checkout(),
                *self.set_up(self.versions[-1]),
                *(Run(command, command) for command in self.lint),
            ),
        )
        several = len(self.versions) > 1
        version = f"${{{{ matrix.{self.name} }}}}" if several else self.versions[0]
        yield Job(
            name=f"test{suffix} ({version})" if several else f"test{suffix}",
            runs_on=runner,
            timeout_minutes=TEST_LIMIT,
            permissions=Permissions(contents="read", id_token="write" if ci.codecov else None),
            strategy=Strategy({self.name: self.versions}, fail_fast=False) if several else None,
            defaults=where,
            services=services.containers(ci.services),
            steps=(checkout(), *self.set_up(version), *self.tests),
        )


def test_environment(ci: Ci) -> Mapping[str, Scalar]:
    """The variables of the tests: where the services are, and what is configured."""
    return {
        **services.addresses(ci.services),
        **ci.environment,
        **{name: secret(name) for name in ci.secrets},
    }


def upload(ci: Ci, folder: str, report: str) -> Iterator[Step]:
    """The step that sends a report of coverage to Codecov, if that is chosen."""
    if ci.codecov:
        yield Use(
            "Upload the coverage",
            actions.CODECOV,
            {"use_oidc": True, "fail_ci_if_error": True, "files": within(folder, report)},
            # A pull request from a fork has no identity to prove.
            if_="!github.event.pull_request.head.repo.fork",
        )


def within(folder: str, file: str) -> str:
    """The path of a file in a folder, as actions take it: from the repository's own."""
    return str(PurePosixPath(folder, file))
