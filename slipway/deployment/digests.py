"""Which digests a version stands for: what the registry has, checked before anything changes."""

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
"""By image name, the digest that a version stands for; None where there is none yet."""

NEWEST = 5  # versions that the error for an unknown one lists


@dataclass(frozen=True)
class Evidence:
    """What is known to have run: all that tells of digests beside the registry."""

    here: ReleaseLog
    """What this environment has committed."""
    there: ReleaseLog | None = None
    """What the environment has committed that this one promotes from, if it does."""
    now: Collection[Running] = ()
    """What this environment's servers serve, and could go back to."""

    def digests(self, version: str) -> set[str]:
        """What a version's images were in the logs, whichever service they ran as."""
        return digests_run(self.here, version) | digests_run(self.there or {}, version)

    def on_servers(self, version: str) -> set[str]:
        """A version's images on this environment's servers, by their whole names."""
        found = [each for each in self.now if each.version == version]
        return {image for each in found for image in each.images.values()}


def digests_run(log: ReleaseLog, version: str) -> set[str]:
    """What a version's images were in a log, whichever service they ran as."""
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
    settings: Settings, published: Published, ran: Evidence
) -> tuple[Digests, tuple[str, ...]]:
    """The digest of each image that the version stands for, and warnings.

    None is for what is yet to be built. Without the registry, or once its tag is gone there, a
    version stands for what ran here, with a warning: servers that still have its images can go back
    to it. Only where no server has them is a lost one built anew, in a stack that builds. The logs
    may differ in a version, after that. Raises SlipwayError when the version does not exist and is
    not built here, when it never ran, or when it stands for something else than what ran.
    """
    digests, warnings = _completed(settings, published, ran)
    missing = [name for name, digest in digests.items() if digest is None]
    origin = settings.promote_from
    versions = {*ran.here, *(ran.there or {})}
    if origin and settings.version not in versions:
        raise _unknown(settings, list(versions), f"{origin} never ran it")
    if missing and not settings.builds:
        raise _unknown(settings, published.tags, f"no {', '.join(missing)} has that tag")
    if origin:
        good = ran.digests(settings.version)
        _refuse(settings, {name for name in digests if digests[name] not in good}, f"{origin} ran")
        replaced = _replaced(settings, digests, ran.on_servers(settings.version))
        _refuse(settings, replaced, "the servers have here")
    return digests, warnings


def _completed(
    settings: Settings, published: Published, ran: Evidence
) -> tuple[Digests, tuple[str, ...]]:
    """What the registry says, or else the log, and a warning of that."""
    version, logged = settings.version, _logged(settings, ran.here)
    if published.fault:
        if logged.keys() != settings.application.images.keys():
            raise published.fault
        warning = f"{published.fault}. Meanwhile {version} stands for what ran here before"
        return logged, (warning,)
    found = published.digests
    lost = {name: logged[name] for name in found if found[name] is None and name in logged}
    if not lost:
        return found, ()
    tags = ", ".join(f"{name}:{version}" for name in lost)
    gone = f"registry {settings.registry.address}: it lost {tags}, which ran here before"
    if settings.builds and not ran.on_servers(version):
        return found, (f"{gone}, and no server has it: it is built anew from the present source",)
    return {**found, **lost}, (gone,)


def _logged(settings: Settings, here: ReleaseLog) -> dict[str, str]:
    """By image name, the digest that the version ran as, as far as this registry had it."""
    images = [image.partition("@") for image in here.get(settings.version, {}).values()]
    ran = {name: digest for name, _, digest in images if digest}
    names = {repository(settings, name): name for name in settings.application.images}
    return {name: ran[where] for where, name in names.items() if where in ran}


def _replaced(settings: Settings, digests: Digests, running: Collection[str]) -> set[str]:
    """Names of the images that servers have with another digest than this."""
    had = {image.partition("@")[0] for image in running}
    return {
        name
        for name, digest in digests.items()
        if repository(settings, name) in had
        and f"{repository(settings, name)}@{digest}" not in running
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
