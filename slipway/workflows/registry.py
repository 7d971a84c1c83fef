"""The registry, as the workflows reach it."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.settings.workflows_project import Project
from slipway.workflows import actions
from slipway.workflows.model import Use
from slipway.workflows.secrets import GITHUB_REGISTRY, registry_password
from slipway.workflows.steps import secret


def repository(settings: Project, image: str) -> str:
    """REGISTRY/NAME of an image, without a tag."""
    return f"{settings.registry.address}/{image}"


def login(settings: Project) -> Iterator[Use]:
    """The step that logs in, if the registry asks for it; GitHub's takes the job's own token."""
    host = settings.registry.address.partition("/")[0]
    password = registry_password(settings)
    if host == GITHUB_REGISTRY:
        user, word = "${{ github.actor }}", "${{ github.token }}"
    elif password and settings.registry.username:
        user, word = settings.registry.username, secret(password)
    else:
        return
    yield Use(
        "Log in to the registry",
        actions.DOCKER_LOGIN,
        {"registry": host, "username": user, "password": word},
    )
