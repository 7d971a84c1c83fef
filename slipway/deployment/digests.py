"""The image digests of a version: read from the registry, checked before anything changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from slipway.deployment.release_log import ReleaseLog
from slipway.errors import SlipwayError
from slipway.observe.registry import Published
from slipway.protocol.answers import Running
from slipway.settings import Settings
from slipway.versions import newest_first

Digests = Mapping[str, "str | None"]
"""By image name, the digest for a version; None where there is none yet."""

NEWEST = 5  # how many versions the error for an unknown one lists


@dataclass(frozen=True)
class KnownDigests:
    """The digests that have run: what is known without the registry."""

    log: ReleaseLog
    """What this environment has committed."""
    promoted_log: ReleaseLog | None = None
    """What the environment that this one promotes from has committed, if there is one."""
    running: Collection[Running] = ()
    """What this environment's servers serve, and can roll back to."""

    def digests(self, version: str) -> set[str]:
        """The digests of a version in the logs, of any service."""
        return digests_run(self.log, version) | digests_run(self.promoted_log or {}, version)

    def on_servers(self, version: str) -> set[str]:
        """A version's images on this environment's servers, by their full names."""
        found = [each for each in self.running if each.version == version]
        return {image for each in found for image in each.images.values()}


def digests_run(log: ReleaseLog, version: str) -> set[str]:
    """The digests of a version in a log, of any service."""
    return {image.rpartition("@")[2] for image in log.get(version, {}).values()}


def repository(settings: Settings, image: str) -> str:
    """The full name of an image without tag and digest."""
    return f"{settings.registry.address}/{image}"


def pinned(settings: Settings, digests: Digests) -> dict[str, str]:
    """`REPOSITORY@DIGEST` by image name, of those that have a digest."""
    return {
        name: f"{repository(settings, name)}@{digest}"
        for name, digest in digests.items()
        if digest is not None
    }


def version_digests(
    settings: Settings, published: Published, ran: KnownDigests
) -> tuple[Digests, tuple[str, ...]]:
    """The digest of each image for the settings' version, and warnings.

    None is for an image that must be built. If the registry does not answer or has lost the tag,
    the version means what ran here, with a warning: servers that still have its images can roll
    back to it. A lost image is built again only in a stack that builds, and only if no server has
    it; afterwards the logs of two environments may differ in that version.

    Raises SlipwayError when the version does not exist and is not built here, when it never ran
    where it is promoted from, or when its digest is not the one that ran.
    """
    digests, warnings = _completed(settings, published, ran)
    missing = [name for name, digest in digests.items() if digest is None]
    origin = settings.promote_from
    versions = {*ran.log, *(ran.promoted_log or {})}
    if origin and settings.version not in versions:
        raise _unknown(settings, list(versions), f"{origin} never ran it")
    if missing and not settings.builds:
        raise _unknown(settings, published.tags, f"{', '.join(missing)} has no such tag")
    if origin:
        good = ran.digests(settings.version)
        _refuse(settings, {name for name in digests if digests[name] not in good}, f"{origin} ran")
        replaced = _replaced(settings, digests, ran.on_servers(settings.version))
        _refuse(settings, replaced, "runs on the servers")
    return digests, warnings


def _completed(
    settings: Settings, published: Published, ran: KnownDigests
) -> tuple[Digests, tuple[str, ...]]:
    """The digests in the registry, or else those in the log, with a warning."""
    version, logged = settings.version, _logged(settings, ran.log)
    if published.fault:
        if logged.keys() != settings.application.images.keys():
            raise published.fault
        warning = f"{published.fault}. Version {version} is deployed as it ran here before"
        return logged, (warning,)
    found = published.digests
    lost = {name: logged[name] for name in found if found[name] is None and name in logged}
    if not lost:
        return found, ()
    tags = ", ".join(f"{name}:{version}" for name in lost)
    gone = f"registry {settings.registry.address}: {tags} is missing, which ran here before"
    if settings.builds and not ran.on_servers(version):
        return found, (f"{gone}; no server has it, so it is built again from the current source",)
    return {**found, **lost}, (gone,)


def _logged(settings: Settings, log: ReleaseLog) -> dict[str, str]:
    """By image name, the digest with which the version ran, of images from this registry."""
    images = [image.partition("@") for image in log.get(settings.version, {}).values()]
    ran = {name: digest for name, _, digest in images if digest}
    names = {repository(settings, name): name for name in settings.application.images}
    return {name: ran[where] for where, name in names.items() if where in ran}


def _replaced(settings: Settings, digests: Digests, running: Collection[str]) -> set[str]:
    """Names of the images that servers have with another digest."""
    had = {image.partition("@")[0] for image in running}
    return {
        name
        for name, digest in digests.items()
        if repository(settings, name) in had
        and f"{repository(settings, name)}@{digest}" not in running
    }


def _refuse(settings: Settings, moved: Collection[str], who: str) -> None:
    """Every image that a service uses must be one that ran, as any service."""
    services = settings.application.services.items()
    affected = [name for name, service in services if service.image in moved]
    if affected:
        raise SlipwayError(
            f"{settings.version} of {', '.join(affected)} is not what {who}:"
            " the registry has another digest for it",
            where="version",
            remedy="Publish the new images as a new version, and deploy it there first",
        )


def _unknown(settings: Settings, known: Collection[str], reason: str) -> SlipwayError:
    versions = [each for each in known if each != "latest" and not each.startswith("sha-")]
    newest = ", ".join(newest_first(versions)[:NEWEST]) or "(there is none yet)"
    origin = settings.promote_from
    advice = f"Deploy it to {origin} first" if origin else "Publish it"
    return SlipwayError(
        f"{settings.version} cannot be deployed: {reason}",
        where="version",
        remedy=f"{advice}, or choose one of: {newest}",
    )
