"""Which digests a version stands for: what the registry has, checked before anything changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slipway.errors import SlipwayError
from slipway.record import Releases
from slipway.release.status import Running
from slipway.settings import Settings, release
from slipway.settings.quantity import write_size
from slipway.versions import newest_first

if TYPE_CHECKING:
    from slipway.registry import Credentials, Registry

Digests = Mapping[str, "str | None"]
"""By image name, the digest that a version stands for; None where there is none yet."""

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


@dataclass(frozen=True)
class Ran:
    """What is known to have run: all of the evidence beside the registry."""

    here: Releases
    """The record of this environment."""
    there: Releases | None = None
    """The record of the environment that this one promotes from, if it does."""
    now: Collection[Running] = ()
    """What this environment's servers serve, and could go back to."""

    def digests(self, version: str) -> set[str]:
        """What a version's images were in the records, whichever service they ran as."""
        return digests_run(self.here, version) | digests_run(self.there or {}, version)

    def on_servers(self, version: str) -> set[str]:
        """A version's images on this environment's servers, by their whole names."""
        found = [each for each in self.now if each.version == version]
        return {image for each in found for image in each.images.values()}


def digests_run(record: Releases, version: str) -> set[str]:
    """What a version's images were in a record, whichever service they ran as."""
    return {image.rpartition("@")[2] for image in record.get(version, {}).values()}


def look_up(registry: Registry, settings: Settings) -> Digests | SlipwayError:
    """What the registry has for the version by image name, or why it does not say."""
    try:
        names = settings.application.images
        return {name: registry.digest(name, settings.version) for name in names}
    except SlipwayError as error:
        return error


def published(
    registry: Registry,
    settings: Settings,
    found: Digests | SlipwayError,
    ran: Ran,
    warn: Callable[[str], None],
) -> Digests:
    """By image name, the digest that the version stands for; None for what is yet to be built.

    `found` is what `look_up` gave. Without the registry, or once its tag is gone there, a version
    stands for what ran here, and `warn` is told so: servers that still have its images can go back
    to it. Only where no server has them is a lost one built anew, in a stack that builds. The
    records may differ in a version, after that. Raises SlipwayError when the version does not exist
    and is not built here, when it never ran, or when it stands for something else than what ran.
    """
    digests, warning = _completed(registry, settings, found, ran)
    if warning:
        warn(warning)
    missing = [name for name, digest in digests.items() if digest is None]
    origin = settings.promote_from
    versions = {*ran.here, *(ran.there or {})}
    if origin and settings.version not in versions:
        raise _unknown(settings, list(versions), f"{origin} never ran it")
    if missing and not settings.builds:
        raise _unknown(settings, registry.tags(missing[0]), f"no {', '.join(missing)} has that tag")
    if origin:
        good = ran.digests(settings.version)
        _refuse(settings, {name for name in digests if digests[name] not in good}, f"{origin} ran")
        replaced = _replaced(registry, digests, ran.on_servers(settings.version))
        _refuse(settings, replaced, "the servers have here")
    return digests


def known_release(settings: Settings, registry: Registry, digests: Digests) -> str | None:
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


def _completed(
    registry: Registry, settings: Settings, found: Digests | SlipwayError, ran: Ran
) -> tuple[Digests, str]:
    """What the registry says, or else the record, and what is to be told of that."""
    version, recorded = settings.version, _recorded(registry, settings, ran.here)
    if isinstance(found, SlipwayError):
        if recorded.keys() != settings.application.images.keys():
            raise found
        return recorded, f"{found}. Meanwhile {version} stands for what ran here before"
    lost = {name: recorded[name] for name in found if found[name] is None and name in recorded}
    if not lost:
        return found, ""
    tags = ", ".join(f"{name}:{version}" for name in lost)
    gone = f"registry {registry.address}: it has no {tags} any more, which ran here before"
    if settings.builds and not ran.on_servers(version):
        return found, f"{gone}, and no server has it: it is built anew from what is here now"
    return {**found, **lost}, gone


def _recorded(registry: Registry, settings: Settings, here: Releases) -> dict[str, str]:
    """By image name, the digest that the version ran as, as far as this registry had it."""
    images = [image.partition("@") for image in here.get(settings.version, {}).values()]
    ran = {repository: digest for repository, _, digest in images if digest}
    names = {registry.repository(name): name for name in settings.application.images}
    return {name: ran[repository] for repository, name in names.items() if repository in ran}


def _replaced(registry: Registry, digests: Digests, running: Collection[str]) -> set[str]:
    """Names of the images that servers have with another digest than this."""
    had = {image.partition("@")[0] for image in running}
    return {
        name
        for name, digest in digests.items()
        if registry.repository(name) in had
        and registry.reference(name, digest=digest or "") not in running
    }


def _refuse(settings: Settings, moved: Collection[str], who: str) -> None:
    """Every image that a service uses must be one that ran, whichever service it ran as."""
    services = settings.application.services.items()
    affected = [name for name, service in services if service.image in moved]
    if affected:
        raise SlipwayError(
            f"{settings.version} of {', '.join(affected)} is not what {who}:"
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
