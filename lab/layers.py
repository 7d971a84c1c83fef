"""The layers of the published images, which every new server has from its beginning.

Like a machine that has run something before: a fresh one takes 8 s of a processor to unpack them.
They are linked into its disk, not copied, as engines never change a layer. The images themselves
are not there, so that each is still asked of the registry.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

from lab import images, waiting
from lab.command import attempt
from lab.engine import NESTED, docker
from lab.layout import LABEL, NETWORK
from slipway.errors import SlipwayError

PREFIX: Final = "slipway-layers-"
CONTAINER: Final = "slipway-lab-layers"
INSIDE: Final = ("exec", CONTAINER, "docker")
PARTS: Final = ("overlay2", "image/overlay2/layerdb", "image/overlay2/distribution")
COMPLETE: Final = "complete"  # a file, once everything has been pulled
START_LIMIT: Final = 30.0  # seconds
PULL_LIMIT: Final = 120.0  # seconds for one image
LINK_LIMIT: Final = 60.0  # seconds


def ensure() -> None:
    """Pull them once, with an engine of their own. Only root can give them away: others pull.

    Raises SlipwayError when that engine does not start, or the registry lacks an image.
    """
    if os.geteuid() != 0 or _whole():
        return
    purge()
    name = volume()
    docker(
        *("run", "--detach", "--name", CONTAINER, "--label", f"{LABEL}=layers"),
        *("--network", NETWORK, *NESTED, "--tmpfs", "/run", "--volume", f"{name}:/var/lib/docker"),
        *("--entrypoint", "/usr/sbin/dockerd", images.name("server")),
    )
    if not waiting.until(_answers, START_LIMIT):
        raise SlipwayError(
            f"its engine does not answer within {START_LIMIT:g} s",
            where=CONTAINER,
            remedy=f"`docker logs {CONTAINER}` tells why",
        )
    for image in images.PUBLISHED:
        docker(*INSIDE, "pull", "--quiet", image, limit=PULL_LIMIT)
    docker("stop", CONTAINER)
    docker("rm", CONTAINER)
    if place := _place(name):
        (place / COMPLETE).touch()


def give(server_volume: str) -> None:
    """Link them into the volume of a server that has never started. Without them it has to pull."""
    source = _whole()
    target = _place(server_volume) if source else None
    if source is None or target is None:
        return
    for part in PARTS:
        (target / part).parent.mkdir(mode=0o710, parents=True, exist_ok=True)
        command = ["cp", "--archive", "--link", str(source / part), str(target / part)]
        if attempt(command, limit=LINK_LIMIT).returncode:  # another file system
            shutil.rmtree(target / part)
            return


def purge() -> None:
    """Forget them: servers keep what they were given."""
    attempt(["docker", "rm", "--force", CONTAINER], limit=LINK_LIMIT)
    old = docker("volume", "ls", "--quiet", "--filter", f"name=^{PREFIX}").split()
    if old:
        attempt(["docker", "volume", "rm", *old], limit=LINK_LIMIT)


def volume() -> str:
    """Its name tells of the images, and of the engine that has unpacked them."""
    made_of = f"{images.name('server')} {images.published_ids()}"
    return PREFIX + hashlib.sha256(made_of.encode()).hexdigest()[:12]


def _answers() -> bool:
    return attempt(["docker", *INSIDE, "version"], limit=START_LIMIT).returncode == 0


def _whole() -> Path | None:
    """Where today's layers lie, if all of them are there. Only root may look."""
    place = _place(volume()) if os.geteuid() == 0 else None
    return place if place and (place / COMPLETE).exists() else None


def _place(name: str) -> Path | None:
    """Where a volume lies, if there is one and its engine is this machine's."""
    arguments = ["docker", "volume", "inspect", "--format", "{{.Mountpoint}}", name]
    found = attempt(arguments, limit=LINK_LIMIT).stdout.strip()
    return Path(found) if found and Path(found).is_dir() else None
