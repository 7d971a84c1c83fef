"""The release that settings describe, once the images' digests are known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Final

from slipway.release import release as target
from slipway.settings.health import Health
from slipway.settings.migration import Migration
from slipway.settings.service import Service
from slipway.settings.settings import Settings

SCRYPT_COST: Final = (
    1 << 14
)  # n; 16 MiB and about 50 ms, so that a digest is no way to guess a secret


def release(settings: Settings, images: Mapping[str, str]) -> target.Release:
    """The release of `settings`; `images` has `REGISTRY/NAME@sha256:...` by image name.

    Raises KeyError for an image that has no digest there.
    """
    application = settings.application
    return target.Release(
        application=application.name,
        version=settings.version,
        services=tuple(
            _service(name, service, images[service.image])
            for name, service in application.services.items()
        ),
        migration=_migration(application.migration),
        smoke=tuple(target.Smoke(**each.model_dump()) for each in application.smoke),
        secrets_digest=_secrets_digest(settings),
    )


def _service(name: str, service: Service, image: str) -> target.Service:
    return target.Service(
        name=name,
        image=image,
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


def _migration(migration: Migration | None) -> target.Migration | None:
    if migration is None:
        return None
    return target.Migration(migration.service, migration.command, migration.timeout)


def health(settings: Health) -> target.Health:
    """The readiness check of a service or an accessory, as servers take it."""
    return target.Health(**settings.model_dump())


def _secrets_digest(settings: Settings) -> str:
    """Changes with any secret that a service uses; empty when none does."""
    services = settings.application.services.values()
    values = settings.secret_values({name for service in services for name in service.secrets})
    if not values:
        return ""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return _digest(text, settings.application.name)


@cache  # a program asks twice: which release these settings are, and what that release is
def _digest(text: str, salt: str) -> str:
    return hashlib.scrypt(text.encode(), salt=salt.encode(), n=SCRYPT_COST, r=8, p=1).hex()
