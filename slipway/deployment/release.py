"""The release that the settings describe: a template until its image digests are known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from slipway.rollout import release as target
from slipway.settings import Settings
from slipway.settings.application import Health, Service, Task

SCRYPT_COST: Final = 1 << 14
"""n; 16 MiB and about 50 ms, so that guessing a secret by its digest is expensive."""


@dataclass(frozen=True)
class ReleaseTemplate:
    """A release whose services name their images instead of pinning them by digest."""

    release: target.Release

    def pinned(self, images: Mapping[str, str]) -> target.Release:
        """The release; `images` has `REGISTRY/NAME@sha256:...` by image name.

        Raises KeyError for an image that has no digest there.
        """
        services = tuple(
            replace(service, image=images[service.image]) for service in self.release.services
        )
        return replace(self.release, services=services)


def release_template(settings: Settings) -> ReleaseTemplate:
    """The release without its image digests. The digest of the secrets is computed here, once."""
    application = settings.application
    return ReleaseTemplate(
        target.Release(
            application=application.name,
            version=settings.version,
            services=tuple(_service(name, each) for name, each in application.services.items()),
            migration=_task(application.migration),
            setup=_task(application.setup),
            smoke=tuple(target.Smoke(**each.model_dump()) for each in application.smoke),
            secrets_digest=_secrets_digest(settings),
        )
    )


def _service(name: str, service: Service) -> target.Service:
    return target.Service(
        name=name,
        image=service.image,
        command=service.command,
        port=service.port,
        domains=service.domains,
        replicas=service.replicas,
        order=service.order,
        health=health(service.health),
        environment=dict(service.environment),
        secrets=service.secrets,
        limits=target.Limits(memory=service.limits.memory, cpus=service.limits.cpus),
        stop_grace=service.stop_grace,
    )


def _task(task: Task | None) -> target.Task | None:
    return None if task is None else target.Task(task.service, task.command, task.timeout)


def health(settings: Health) -> target.Health:
    """The readiness check of a service or an accessory, as it is sent to servers."""
    return target.Health(**settings.model_dump())


def _secrets_digest(settings: Settings) -> str:
    """Changes with any secret that a service uses; empty when none does."""
    services = settings.application.services.values()
    values = settings.secret_values({name for service in services for name in service.secrets})
    if not values:
        return ""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    salt = settings.application.name.encode()
    return hashlib.scrypt(text.encode(), salt=salt, n=SCRYPT_COST, r=8, p=1).hex()
