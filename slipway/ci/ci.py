"""The workflow that checks every pull request and every push. Each job is a required check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from slipway.ci import compose, image_steps, node_code, python_code, security
from slipway.ci.model import (
    Concurrency,
    Job,
    Manual,
    Permissions,
    Refs,
    Run,
    Step,
    Triggers,
    Workflow,
)
from slipway.ci.steps import checkout, minutes, script
from slipway.settings.application import Image
from slipway.settings.ci import Ci, Command
from slipway.settings.workflows import ImageWorkflow, Project, Workflows

NAME = "CI"
FILE = "ci.yml"
LIMIT = 20  # minutes
READ = Permissions(contents="read")


def workflow(settings: Project, chosen: Workflows) -> Workflow:
    """All checks, in parallel; a new push to a pull request cancels the previous run.

    A release tag needs no run of its own: its commit has one, or the deployment starts it.
    """
    jobs = dict(_jobs(settings, chosen))
    return Workflow(
        NAME,
        Triggers(
            push=Refs((chosen.branch, *chosen.develop)),
            pull_request=Refs((chosen.branch, *chosen.develop)),
            workflow_dispatch=Manual(),
        ),
        {**jobs, "report": _report(tuple(jobs), chosen.runner)},
        # Only runs of pull requests are cancelled: a deployment waits for those of its branch.
        concurrency=Concurrency(
            "ci-${{ github.event.pull_request.number || github.sha }}",
            cancel_in_progress="${{ github.event_name == 'pull_request' }}",
        ),
    )


def _jobs(settings: Project, chosen: Workflows) -> Iterator[tuple[str, Job]]:
    ci, runner = chosen.ci, chosen.runner
    yield from _languages(ci, runner)
    for name, command in ci.jobs.items():
        yield name, _command(name, command, runner)
    if audits := tuple(security.steps(ci)):
        yield "security", _job("security", runner, audits)
    if chosen.image:
        yield from _builds(settings.application.images, chosen.image, runner)
    if ci.compose:
        yield "integration", _job("integration", runner, compose.integration(ci.compose))
    if ci.compose and ci.performance:
        job = _job("performance", runner, compose.load_test(ci.compose, ci.performance))
        yield "performance", replace(job, if_="github.event_name == 'pull_request'")


def _languages(ci: Ci, runner: str) -> Iterator[tuple[str, Job]]:
    """The jobs of each language; their names have the language only if there are two."""
    languages = []
    if ci.python:
        languages.append(python_code.language(ci, ci.python))
    if ci.node:
        languages.append(node_code.language(ci, ci.node))
    for each in languages:
        suffix = f" ({each.name})" if len(languages) > 1 else ""
        for name, job in zip(("lint", "test"), each.jobs(ci, runner, suffix), strict=True):
            yield image_steps.job_id(f"{name}{suffix}"), job


def _command(name: str, command: Command, runner: str) -> Job:
    return Job(
        name=name,
        runs_on=runner,
        timeout_minutes=minutes(command.limit),
        permissions=READ,
        steps=(checkout(full_history=command.full_history), Run(command.run, command.run)),
    )


def _builds(
    chosen: Mapping[str, Image], how: ImageWorkflow, runner: str
) -> Iterator[tuple[str, Job]]:
    for name, image in chosen.items():
        suffix = f" ({name})" if len(chosen) > 1 else ""
        steps = image_steps.check(name, image, how.start.get(name))
        yield image_steps.job_id(f"build{suffix}"), _job(f"build{suffix}", runner, steps)


def _job(name: str, runner: str, steps: Iterable[Step]) -> Job:
    return Job(
        name=name,
        runs_on=runner,
        timeout_minutes=LIMIT,
        permissions=READ,
        steps=(checkout(), *steps),
    )


def _report(needs: tuple[str, ...], runner: str) -> Job:
    """A table of all results, and one check that fails unless all jobs succeeded."""
    return Job(
        name="report",
        needs=needs,
        if_="always()",
        runs_on=runner,
        timeout_minutes=5,
        steps=(script("Report", "report", {"NEEDS": "${{ toJSON(needs) }}"}),),
    )
