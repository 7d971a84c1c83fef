"""The registry in workflows: names of images, and the login."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.ci import actions
from slipway.ci.model import Use
from slipway.ci.secrets import GITHUB_REGISTRY, registry_password
from slipway.ci.steps import secret
from slipway.settings.workflows import Project


def repository(settings: Project, image: str) -> str:
    """REGISTRY/NAME of an image, without a tag."""
    return f"{settings.registry.address}/{image}"


def login(settings: Project) -> Iterator[Use]:
    """The step that logs in to the registry if needed; GitHub's accepts the job's token."""
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
