"""The files in `.github`, from the configuration."""

from __future__ import annotations

from slipway.ci import ci, dependabot, deploy, image, scheduled
from slipway.ci.model import Workflow
from slipway.ci.render import document, render
from slipway.settings.workflows import Project

FOLDER = ".github"


def workflows(settings: Project) -> dict[str, Workflow]:
    """The workflows by the names of their files; empty if none are configured."""
    chosen = settings.workflows
    if chosen is None:
        return {}
    found = {ci.FILE: ci.workflow(settings, chosen)}
    if chosen.image:
        found[image.FILE] = image.workflow(settings, chosen, chosen.image)
    found[deploy.FILE] = deploy.workflow(settings, chosen)
    if chosen.schedule:
        found[scheduled.FILE] = scheduled.workflow(settings, chosen, chosen.schedule)
    return found


def files(settings: Project) -> dict[str, str]:
    """The text of each file, by its path in the repository; empty if none are configured."""
    if settings.workflows is None:
        return {}
    texts = {
        f"{FOLDER}/workflows/{name}": render(each) for name, each in workflows(settings).items()
    }
    updates = document(dependabot.content(settings, settings.workflows))
    return {**texts, f"{FOLDER}/{dependabot.FILE}": updates}
