"""Secrets that the workflows need, and where each must be set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from slipway.settings.workflows import DeployWorkflow, Project

SSH_KEY: Final = "DEPLOY_SSH_KEY"
ACCESS_TOKEN: Final = "PULUMI_ACCESS_TOKEN"  # noqa: S105
PASSPHRASE: Final = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105
WEBHOOKS: Final = {
    "slack": "SLACK_WEBHOOK",
    "discord": "DISCORD_WEBHOOK",
    "pagerduty": "PAGERDUTY_ROUTING_KEY",
}
GITHUB_REGISTRY: Final = "ghcr.io"
"""The registry that accepts the job's token."""


@dataclass(frozen=True)
class NeededSecrets:
    """Names of secrets: of the whole repository, and of each of its environments."""

    repository: tuple[str, ...] = ()
    environments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def needed_secrets(settings: Project) -> NeededSecrets:
    """The secrets that the workflows need; none without workflows.

    GITHUB_TOKEN is not among them: GitHub gives it to every job.
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
    """The secrets that an update needs, besides those in the stack's configuration."""
    yield SSH_KEY
    if needs_token(deploy):
        yield ACCESS_TOKEN
    if deploy.passphrase:
        yield PASSPHRASE


def needs_token(deploy: DeployWorkflow) -> bool:
    """Whether jobs log in to Pulumi Cloud with an access token, not with their OIDC token."""
    return deploy.backend.startswith("https://") and deploy.organization is None


def registry_password(settings: Project) -> str | None:
    """The secret of the registry's login; None for GitHub's registry, or without a login."""
    host = settings.registry.address.partition("/")[0]
    return None if host == GITHUB_REGISTRY else settings.registry.password
