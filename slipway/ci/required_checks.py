"""The checks that a pull request must pass: the jobs of CI, by GitHub's names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from slipway.ci import ci
from slipway.ci.model import Job
from slipway.settings.workflows import Project

_variable = re.compile(r"\$\{\{ matrix\.([A-Za-z0-9_-]+) \}\}")


def required_checks(settings: Project) -> tuple[str, ...]:
    """The checks that branch protection requires, as GitHub names them; empty without workflows.

    A job that its condition skips counts as passed.
    """
    if settings.workflows is None:
        return ()
    jobs = ci.workflow(settings, settings.workflows).jobs.values()
    return tuple(name for job in jobs for name in names(job))


def names(job: Job) -> Iterator[str]:
    """The names of a job's checks: one for each combination of its matrix."""
    matrix = job.strategy.matrix if job.strategy else {}
    for values in product(*matrix.values()):
        chosen = dict(zip(matrix, map(str, values), strict=True))
        yield _variable.sub(lambda found: chosen[found[1]], job.name)  # noqa: B023
