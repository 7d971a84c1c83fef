"""The jobs that lint and test the code of one language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from slipway.ci import actions, services
from slipway.ci.model import (
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
from slipway.ci.steps import checkout, secret
from slipway.settings.ci import Ci

LINT_LIMIT = 10  # minutes
TEST_LIMIT = 20


@dataclass(frozen=True)
class Language:
    """A language, and how its code in `folder` is checked."""

    name: str
    folder: str
    versions: tuple[str, ...]
    set_up: Callable[[str], tuple[Step, ...]]
    """The steps that install a version of the language, and the dependencies of the code."""
    lint: tuple[str, ...]
    tests: tuple[Step, ...]

    def jobs(self, ci: Ci, runner: str, suffix: str) -> Iterator[Job]:
        """The jobs `lint` and `test`; `test` for each version."""
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
    """The variables of the tests: addresses of the services, and those configured."""
    return {
        **services.addresses(ci.services),
        **ci.environment,
        **{name: secret(name) for name in ci.secrets},
    }


def upload(ci: Ci, folder: str, report: str) -> Iterator[Step]:
    """The step that uploads the coverage to Codecov, if configured."""
    if ci.codecov:
        yield Use(
            "Upload the coverage",
            actions.CODECOV,
            {"use_oidc": True, "fail_ci_if_error": True, "files": within(folder, report)},
            # A pull request from a fork gets no OIDC token.
            if_="!github.event.pull_request.head.repo.fork",
        )


def within(folder: str, file: str) -> str:
    """The path of a file in a folder, relative to the repository, as actions need it."""
    return str(PurePosixPath(folder, file))
