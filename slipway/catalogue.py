"""Which digests a version stands for: what the registry has, checked before anything changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from slipway.errors import SlipwayError
from slipway.record import Releases
from slipway.settings import Settings, release
from slipway.settings.quantity import write_size
from slipway.versions import newest_first

if TYPE_CHECKING:
    from slipway.registry import Credentials, Registry

NEWEST = 5  # versions that the error for an unknown one lists


def open_registry(settings: Settings) -> Registry:
    """The registry of the settings, with their login."""
    from slipway.registry import Registry  # its HTTP client takes a tenth of a second to import

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
    from slipway.registry import Credentials

    return Credentials(registry.username, settings.secrets[registry.password].get_secret_value())


def published(
    registry: Registry,
    settings: Settings,
    here: Releases,
    there: Releases | None,
    warn: Callable[[str], None],
) -> dict[str, str | None]:
    """By image name, the digest that the version stands for; None for what is yet to be built.

    `here` is the record of this environment, `there` that of the one that it promotes from, if it
    does. They may differ in a version: after a registry was lost and it was built and tried anew.
    Without the registry, or once its tag is gone there, a version stands for what ran here, and
    `warn` is told so: servers that still have its images can go back to it. Raises SlipwayError
    when the version does not exist and is not built here, when it never ran, or when it stands for
    something else than what ran.
    """
    digests = _looked_up(registry, settings, _recorded(registry, settings, here), warn)
    missing = [name for name, digest in digests.items() if digest is None]
    origin = settings.promote_from
    ran = [here, there or {}]
    versions = {version for record in ran for version in record}
    if origin and settings.version not in versions:
        raise _unknown(settings, list(versions), f"{origin} never ran it")
    if missing and not settings.builds:
        raise _unknown(settings, registry.tags(missing[0]), f"no {', '.join(missing)} has that tag")
    if origin:
        _check_unmoved(settings, digests, ran)
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


def check_size(
    registry: Registry, name: str, digest: str, *, limit: int | None, known: Collection[str]
) -> None:
    """Raises SlipwayError for an image whose download is larger than `limit` bytes.

    Digests that are `known` have run here: no limit and no registry keeps one from going back.
    """
    if limit is None or digest in known:
        return
    size = registry.size(name, digest)
    if size > limit:
        raise SlipwayError(
            f"the image is {write_size(size)} to download, over its limit of {write_size(limit)}",
            where=f"application/images/{name}/size_limit",
            remedy="Make the image smaller, or raise the limit",
        )


def digests_run(settings: Settings, *records: Releases) -> set[str]:
    """What the version's images were, whichever service they ran as."""
    images = [image for record in records for image in record.get(settings.version, {}).values()]
    return {image.rpartition("@")[2] for image in images}


def _looked_up(
    registry: Registry,
    settings: Settings,
    recorded: Mapping[str, str],
    warn: Callable[[str], None],
) -> dict[str, str | None]:
    """What the registry says, or else the record."""
    names, version = settings.application.images, settings.version
    try:
        found = {name: registry.digest(name, version) for name in names}
        lost = [name for name, digest in found.items() if digest is None and name in recorded]
        if lost and not settings.builds:
            tags = ", ".join(f"{name}:{version}" for name in lost)
            warn(f"registry {registry.address}: it has no {tags} any more, which ran here before")
            found |= {name: recorded[name] for name in lost}
    except SlipwayError as error:
        if recorded.keys() != names.keys():
            raise
        warn(f"{error}. Meanwhile {version} stands for what ran here before")
        found = dict(recorded)
    return found


def _recorded(registry: Registry, settings: Settings, here: Releases) -> dict[str, str]:
    """By image name, the digest that the version ran as, as far as this registry had it."""
    images = [image.partition("@") for image in here.get(settings.version, {}).values()]
    ran = {repository: digest for repository, _, digest in images if digest}
    names = {registry.repository(name): name for name in settings.application.images}
    return {name: ran[repository] for repository, name in names.items() if repository in ran}


def _check_unmoved(
    settings: Settings, digests: Mapping[str, str | None], ran: Collection[Releases]
) -> None:
    """Every image that a service uses must be one that ran, whichever service it ran as."""
    good = digests_run(settings, *ran)
    services = settings.application.services.items()
    moved = [name for name, service in services if digests[service.image] not in good]
    if moved:
        raise SlipwayError(
            f"{settings.version} of {', '.join(moved)} is not what {settings.promote_from} ran:"
            " the registry has another digest for it",
            where="version",
            remedy="Give the new images a version of their own, and deploy it there first",
        )


def _unknown(settings: Settings, known: list[str], reason: str) -> SlipwayError:
    versions = [each for each in known if each != "latest" and not each.startswith("sha-")]
    newest = ", ".join(newest_first(versions)[:NEWEST]) or "(there is none yet)"
    advice = (
        f"Deploy it to {settings.promote_from} first" if settings.promote_from else "Publish it"
    )
    return SlipwayError(
        f"{settings.version} cannot be deployed: {reason}",
        where="version",
        remedy=f"{advice}, or choose one of: {newest}",
    )
