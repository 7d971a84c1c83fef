"""What the lab takes from the machine's own package manager: programs and sources."""

from __future__ import annotations

import os
import shutil

from lab import folders, waiting
from lab.command import attempt, run
from slipway.errors import SlipwayError

PACKAGE_OF = {
    "debootstrap": "debootstrap",
    "docker": "docker.io",
    "dockerd": "docker.io",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "ssh-agent": "openssh-client",
    "ssh-keygen": "openssh-client",
    "unshare": "util-linux",
}
SUITE = "bookworm"
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"  # an ordinary user's PATH lacks these
INSTALL_LIMIT = 600.0  # seconds


def require(*programs: str) -> None:
    """Install the packages of the programs that are missing. Raises what `install` does."""
    if missing := sorted({PACKAGE_OF[program] for program in programs if not locate(program)}):
        install(*missing)


def install(*packages: str) -> None:
    """Install Debian packages; their services don't start. Raises SlipwayError unless root.

    Processes that install at the same time wait for each other: apt-get itself would give up.
    """
    if os.geteuid() != 0:
        raise SlipwayError(
            f"{', '.join(packages)} missing",
            where="this machine",
            remedy=f"Install with `sudo apt-get install {' '.join(packages)}`",
        )
    # Debian's scripts ask for the runlevel before they start a service.
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    # Others may hold dpkg's lock for a while; waiting is all there is to do about it.
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq"]
    with waiting.turn(folders.state() / "packages.lock", "installing packages", INSTALL_LIMIT):
        # apt-get refuses to go on where a dpkg was cut off, and tells itself if this doesn't help.
        attempt(["dpkg", "--configure", "-a"], limit=INSTALL_LIMIT, variables=quiet)
        run([*apt, "update"], limit=INSTALL_LIMIT, variables=quiet)
        run(
            [*apt, "install", "-y", "--no-install-recommends", *packages],
            limit=INSTALL_LIMIT,
            variables=quiet,
        )


def locate(program: str) -> str | None:
    """The full path of a program, with the system folders searched too."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")


def sources() -> list[str]:
    """The machine's Debian 12 sources, as lines for a sources.list. Raises SlipwayError."""
    layout = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    targets = run(["apt-get", "indextargets", "--format", layout, "Created-By: Packages"], limit=60)
    lines = sources_from(targets)
    if not any(line.split()[2] == SUITE for line in lines):
        raise SlipwayError(
            f"no package source for Debian {SUITE}",
            where="apt-get indextargets",
            remedy="The lab's images are built on Debian 12 from its own sources",
        )
    return lines


def sources_from(targets: str) -> list[str]:
    """The main component of the suite and its updates; third parties' sources stay out."""
    return [
        f"deb {uri} {release} {component}"
        for uri, release, component in (line.split() for line in targets.splitlines())
        if component == "main" and release in (SUITE, f"{SUITE}-updates", f"{SUITE}-security")
    ]


def settings() -> str:
    """The machine's proxy, expiry and retry settings for apt, for use inside an image."""
    return settings_from(run(["apt-config", "dump"], limit=60))


def settings_from(dump: str) -> str:
    """The lines of `apt-config dump` that say how to reach and trust the sources."""
    wanted = ("Acquire::http::", "Acquire::https::", "Acquire::Check-", "Acquire::Retries")
    lines = [line for line in dump.splitlines() if line.startswith(wanted)]
    return "".join(f"{line}\n" for line in lines)
