"""The layers of the published images, which every new server has from its beginning.

Like a machine that has run something before: a fresh one takes 8 s of a processor to unpack them.
They are linked into its disk, not copied, as engines never change a layer. The images themselves
are not there, so that each is still asked of the registry.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import Final

from lab import images
from lab.command import attempt
from lab.engine import NESTED, docker
from lab.layout import LABEL, NETWORK
from slipway.errors import SlipwayError

PREFIX: Final = "slipway-layers-"
CONTAINER: Final = "slipway-lab-layers"
PARTS: Final = ("overlay2", "image/overlay2/layerdb", "image/overlay2/distribution")
COMPLETE: Final = "complete"  # a file, once everything has been pulled
START_LIMIT: Final = 30.0  # seconds
PULL_LIMIT: Final = 120.0  # seconds for one image
LINK_LIMIT: Final = 60.0  # seconds


def ensure() -> None:
    """Pull them once, with an engine of their own; only root can give them away.

    Raises SlipwayError when that engine does not start, or the registry lacks an image.
    """
    name = volume()
    if os.geteuid() != 0 or _complete(name):
        return
    purge()
    docker(
        *("run", "--detach", "--name", CONTAINER, "--label", f"{LABEL}=layers"),
        *("--network", NETWORK, *NESTED, "--tmpfs", "/run", "--volume", f"{name}:/var/lib/docker"),
        *("--entrypoint", "/usr/sbin/dockerd", images.name("server")),
    )
    inside = ("exec", CONTAINER, "docker")
    deadline = time.monotonic() + START_LIMIT
    while attempt(["docker", *inside, "version"], limit=START_LIMIT).returncode:
        if time.monotonic() > deadline:
            raise SlipwayError(
                f"its engine does not answer within {START_LIMIT:g} s",
                where=CONTAINER,
                remedy=f"`docker logs {CONTAINER}` tells why",
            )
        time.sleep(0.2)
    for image in images.PUBLISHED:
        docker(*inside, "pull", "--quiet", image, limit=PULL_LIMIT)
    docker("stop", CONTAINER)
    docker("rm", CONTAINER)
    if place := _place(name):
        (place / COMPLETE).touch()


def give(server_volume: str) -> None:
    """Link them into the volume of a server that has never started. Without them it has to pull."""
    name = volume()
    source, target = _place(name), _place(server_volume)
    if not (source and target and _complete(name)):
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
    ids = docker("image", "inspect", "--format", "{{.Id}}", *images.PUBLISHED)
    return PREFIX + hashlib.sha256(f"{images.name('server')} {ids}".encode()).hexdigest()[:12]


def _complete(name: str) -> bool:
    place = _place(name)
    return bool(place and (place / COMPLETE).exists())


def _place(name: str) -> Path | None:
    """Where a volume lies, if this machine's engine has it and we may write there."""
    found = attempt(
        ["docker", "volume", "inspect", "--format", "{{.Mountpoint}}", name], limit=LINK_LIMIT
    )
    place = Path(found.stdout.strip() or "/nowhere")
    return place if os.geteuid() == 0 and place.is_dir() else None
