"""Settings of the workflows that contradict each other or the application's."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.settings.errors import Fault, suggestion
from slipway.settings.workflows import Project, Workflows


def faults(settings: Project) -> Iterator[Fault]:
    """Faults of the settings in `workflows`."""
    chosen = settings.workflows
    if chosen is None:
        return
    yield from _ci(chosen)
    yield from _deploy(chosen)
    for name in chosen.image.start if chosen.image else ():
        if name not in settings.application.images:
            remedy = suggestion(name, settings.application.images)
            yield Fault(("workflows", "image", "start", name), "unknown image", remedy)


def _ci(chosen: Workflows) -> Iterator[Fault]:
    ci = chosen.ci
    if not (ci.python or ci.node or ci.jobs):
        yield Fault(
            ("workflows", "ci"),
            "checks nothing",
            "Add `python`, `node`, or a command of your own under `jobs`.",
        )
    if ci.performance and not ci.compose:
        remedy = "Configure `compose`, or remove it."
        yield Fault(("workflows", "ci", "performance"), "needs `compose`", remedy)
    taken = [name for name, there in _jobs(chosen).items() if there]
    for name in ci.jobs:
        if name.partition("-")[0] in taken:
            remedy = f"Choose a name that begins with none of {', '.join(taken)}."
            yield Fault(("workflows", "ci", "jobs", name), "is the name of another job", remedy)


def _jobs(chosen: Workflows) -> dict[str, bool]:
    """Reserved names of CI jobs, and whether each is in use."""
    ci = chosen.ci
    code = ci.python is not None or ci.node is not None
    return {
        "lint": code,
        "test": code,
        "security": code or ci.semgrep is not None,
        "build": chosen.image is not None,
        "integration": ci.compose is not None,
        "performance": ci.performance is not None,
        "report": True,
    }


def _deploy(chosen: Workflows) -> Iterator[Fault]:
    deploy = chosen.deploy
    if deploy.staging == deploy.production:
        remedy = "Name the stack that runs a release first, and the one that it is promoted to."
        yield Fault(("workflows", "deploy", "production"), "is the same stack as `staging`", remedy)
    if deploy.organization and not deploy.backend.startswith("https://"):
        remedy = "Remove it, or keep the state in Pulumi Cloud."
        where = ("workflows", "deploy", "organization")
        yield Fault(where, f"is only for Pulumi Cloud, and the backend is {deploy.backend}", remedy)
    checked = chosen.schedule.environments if chosen.schedule else ()
    for key, names in ((("deploy", "urls"), deploy.urls), (("schedule", "environments"), checked)):
        for name in names:
            if name not in (deploy.staging, deploy.production):
                remedy = suggestion(name, (deploy.staging, deploy.production))
                yield Fault(("workflows", *key, name), "unknown environment", remedy)
