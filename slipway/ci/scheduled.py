"""The workflow of nightly checks and clean-up; each failed check opens an issue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slipway.ci import actions, compose, image, image_steps, registry, security, update
from slipway.ci.deploy import RUN
from slipway.ci.model import (
    Concurrency,
    Environment,
    Job,
    Manual,
    Permissions,
    Run,
    Schedule,
    Step,
    Triggers,
    Use,
    Workflow,
)
from slipway.ci.steps import checkout, script
from slipway.settings.ci import Compose, Performance
from slipway.settings.workflows import Project, ScheduledWorkflow, Workflows

NAME = "Scheduled"
FILE = "scheduled.yml"
BASELINE = "performance-baseline"
LIMIT = 30  # minutes
READ = Permissions(contents="read")


def workflow(settings: Project, chosen: Workflows, schedule: ScheduledWorkflow) -> Workflow:
    """One job for each check, and one that opens an issue for each that failed."""
    jobs = dict(_jobs(settings, chosen, schedule))
    return Workflow(
        NAME,
        Triggers(schedule=(Schedule(schedule.cron),), workflow_dispatch=Manual()),
        {**jobs, "issues": _issues(chosen.runner, tuple(jobs))},
        concurrency=Concurrency("scheduled"),
    )


def _jobs(
    settings: Project, chosen: Workflows, schedule: ScheduledWorkflow
) -> Iterator[tuple[str, Job]]:
    ci, runner = chosen.ci, chosen.runner
    if ci.python or ci.node:
        steps = (checkout(), *security.dependencies(ci))
        yield "dependencies", _job("dependencies", runner, READ, steps)
    if chosen.image:
        yield from _scans(settings, chosen)
    if ci.compose and ci.performance:
        load = (checkout(), *_load(ci.compose, ci.performance))
        rights = Permissions(actions="read", contents="read")
        yield "performance", _job("performance", runner, rights, load)
    if schedule.backup:
        for stack in schedule.environments:
            yield f"backup-{stack}", _backup(chosen, stack, schedule.backup)
    yield "clean-up", _clean_up(runner, schedule)


def _job(name: str, runner: str, rights: Permissions, steps: Iterable[Step]) -> Job:
    return Job(
        name=name,
        runs_on=runner,
        timeout_minutes=LIMIT,
        permissions=rights,
        steps=tuple(steps),
    )


def _scans(settings: Project, chosen: Workflows) -> Iterator[tuple[str, Job]]:
    """Scans of the latest images, in which new vulnerabilities become known."""
    if not chosen.image:
        return
    for name in settings.application.images:
        title = f"scan ({name})" if len(settings.application.images) > 1 else "scan"
        latest = f"{registry.repository(settings, name)}:latest"
        steps = (*registry.login(settings), *image.scan(name, latest, chosen.image))
        yield image_steps.job_id(title), _job(title, chosen.runner, image.SCANNING, steps)


def _load(started: Compose, test: Performance) -> Iterator[Step]:
    yield from compose.load_test(started, test)
    yield script(
        "Compare with the baseline",
        "regression",
        {
            "REPOSITORY": "${{ github.repository }}",
            "ARTIFACT": BASELINE,
            "REGRESSION": f"{test.regression:g}",
            "GH_TOKEN": "${{ github.token }}",
        },
    )
    yield Use(
        "Save as the next baseline",
        actions.UPLOAD_ARTIFACT,
        {"name": BASELINE, "path": "summary.json", "retention-days": 90},
    )


def _backup(chosen: Workflows, stack: str, command: str) -> Job:
    deploy = chosen.deploy
    env = update.environment(deploy, stack)
    return Job(
        name=f"backup ({stack})",
        runs_on=chosen.runner,
        timeout_minutes=LIMIT,
        permissions=update.rights(deploy),
        environment=Environment(stack),
        concurrency=Concurrency(f"stack-{stack}"),
        steps=(
            *update.prepare(deploy),
            Run("Check the backups", command, env=env, working_directory=deploy.folder),
        ),
    )


def _clean_up(runner: str, schedule: ScheduledWorkflow) -> Job:
    remove = script(
        "Delete old runs",
        "clean-up",
        {
            "REPOSITORY": "${{ github.repository }}",
            "DAYS": schedule.keep_days,
            "KEEP": schedule.keep_runs,
            "GH_TOKEN": "${{ github.token }}",
        },
    )
    return _job("clean-up", runner, Permissions(actions="write"), (remove,))


def _issues(runner: str, needs: tuple[str, ...]) -> Job:
    return Job(
        name="issues",
        needs=needs,
        if_="failure()",
        runs_on=runner,
        timeout_minutes=5,
        permissions=Permissions(issues="write"),
        steps=(
            script(
                "Open an issue",
                "issues",
                {
                    "NEEDS": "${{ toJSON(needs) }}",
                    "REPOSITORY": "${{ github.repository }}",
                    "LABEL": "nightly",
                    "RUN": RUN,
                    "GH_TOKEN": "${{ github.token }}",
                },
            ),
        ),
    )
