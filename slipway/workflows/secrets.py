"""Secrets that the workflows read, and where each has to be set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from slipway.settings.workflows import DeployWorkflow
from slipway.settings.workflows_project import Project

SSH_KEY: Final = "DEPLOY_SSH_KEY"
ACCESS_TOKEN: Final = "PULUMI_ACCESS_TOKEN"  # noqa: S105
PASSPHRASE: Final = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105
WEBHOOKS: Final = {
    "slack": "SLACK_WEBHOOK",
    "discord": "DISCORD_WEBHOOK",
    "pagerduty": "PAGERDUTY_ROUTING_KEY",
}
GITHUB_REGISTRY: Final = "ghcr.io"
"""The registry that takes the job's own token."""


@dataclass(frozen=True)
class NeededSecrets:
    """Names of secrets: of the whole repository, and of each of its environments."""

    repository: tuple[str, ...] = ()
    environments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def needed_secrets(settings: Project) -> NeededSecrets:
    """What has to be set for the workflows to work; nothing without workflows.

    Beside them stands GITHUB_TOKEN, which every job is given.
    """
    chosen = settings.workflows
    if chosen is None:
        return NeededSecrets()
    names = {*chosen.ci.secrets, *(WEBHOOKS[each] for each in chosen.notify)}
    if chosen.image and (password := registry_password(settings)):
        names.add(password)
    deploy = chosen.deploy
    own = tuple(sorted(environment_secrets(deploy)))
    return NeededSecrets(tuple(sorted(names)), {deploy.staging: own, deploy.production: own})


def environment_secrets(deploy: DeployWorkflow) -> Iterator[str]:
    """What an update needs, apart from what the stack's own configuration holds."""
    yield SSH_KEY
    if takes_token(deploy):
        yield ACCESS_TOKEN
    if deploy.passphrase:
        yield PASSPHRASE


def takes_token(deploy: DeployWorkflow) -> bool:
    """Whether the backend is Pulumi's and asks for a token, as nobody vouches for the job."""
    return deploy.backend.startswith("https://") and deploy.organization is None


def registry_password(settings: Project) -> str | None:
    """The secret for the registry's login; None for GitHub's own, or one without a login."""
    host = settings.registry.address.partition("/")[0]
    return None if host == GITHUB_REGISTRY else settings.registry.password
