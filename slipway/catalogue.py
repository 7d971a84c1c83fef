"""Which digests a version stands for: what the registry has, checked before anything changes."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.errors import SlipwayError
from slipway.registry import Credentials, Registry
from slipway.settings import Settings, release
from slipway.settings.quantity import write_size

NEWEST = 5  # versions that the error for an unknown one lists


def open_registry(settings: Settings) -> Registry:
    """The registry of the settings, with their login."""
    return Registry(
        settings.registry.address,
        insecure=settings.registry.insecure,
        credentials=credentials(settings),
    )


def credentials(settings: Settings) -> Credentials | None:
    """The registry's login; None if it needs none."""
    registry = settings.registry
    if registry.username is None or registry.password is None:
        return None
    return Credentials(registry.username, settings.secrets[registry.password].get_secret_value())


def published(
    registry: Registry, settings: Settings, *, ran: Mapping[str, str]
) -> dict[str, str | None]:
    """By image name, the digest that the version stands for; None for what is yet to be built.

    `ran` has the image of each service as the environment that is promoted from reports it, if it
    runs this version. Raises SlipwayError when the stack does not build and the version does not
    exist, or when it now stands for something else than what ran there.
    """
    digests = {
        name: registry.digest(name, settings.version) for name in settings.application.images
    }
    missing = [name for name, digest in digests.items() if digest is None]
    if missing and not settings.builds:
        raise _unknown_version(registry, settings, missing)
    _check_promotion(digests, settings, ran)
    return digests


def known_release(
    settings: Settings, registry: Registry, digests: Mapping[str, str | None]
) -> str | None:
    """The id of the release that the digests make; None while one of them is yet to be built."""
    references = {
        name: registry.reference(name, digest=digest)
        for name, digest in digests.items()
        if digest is not None
    }
    return release(settings, references).id if len(references) == len(digests) else None


def check_size(registry: Registry, name: str, digest: str, *, limit: int | None) -> None:
    """Raises SlipwayError for an image whose download is larger than `limit` bytes."""
    if limit is None:
        return
    size = registry.size(name, digest)
    if size > limit:
        raise SlipwayError(
            f"the image is {write_size(size)} to download, over its limit of {write_size(limit)}",
            where=f"application/images/{name}/size_limit",
            remedy="Make the image smaller, or raise the limit",
        )


def _unknown_version(registry: Registry, settings: Settings, images: list[str]) -> SlipwayError:
    origin = settings.promote_from
    advice = f"Deploy it to {origin} first" if origin else "Publish it"
    known = [
        tag for tag in registry.tags(images[0]) if tag != "latest" and not tag.startswith("sha-")
    ]
    newest = ", ".join(known[-NEWEST:]) or "there is none yet"
    return SlipwayError(
        f"{settings.version} does not exist: {registry.address} has no such {', '.join(images)}",
        where="version",
        remedy=f"{advice}, or choose one that exists: {newest}",
    )


def _check_promotion(
    digests: Mapping[str, str | None], settings: Settings, ran: Mapping[str, str]
) -> None:
    moved = [
        name
        for name, service in settings.application.services.items()
        if name in ran and ran[name].rpartition("@")[2] != digests[service.image]
    ]
    if moved:
        raise SlipwayError(
            f"{settings.version} is not what {settings.promote_from} runs as {', '.join(moved)}:"
            " its tag was moved in the registry",
            where="version",
            remedy="Give the new images a version of their own, and deploy it there first",
        )
