"""What the lab needs of the machine's package manager: programs, and sources for its images."""

from __future__ import annotations

import os
import shutil

from lab.command import run
from slipway.errors import SlipwayError
from toolchain import system
from toolchain.errors import ToolchainError

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


def require(*programs: str) -> None:
    """Install the packages of the programs that are missing. Raises what `install` does."""
    if missing := sorted({PACKAGE_OF[program] for program in programs if not locate(program)}):
        install(*missing)


def install(*packages: str) -> None:
    """Install Debian packages. Raises SlipwayError, which names them, for anybody but root.

    The installer is the one of `make setup`.
    """
    try:
        system.install(packages)
    except ToolchainError as error:
        raise SlipwayError(error.what, where=error.where, remedy=error.remedy) from error


def locate(program: str) -> str | None:
    """The full path of a program; also looks in the system folders."""
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
    """The main component of the suite and its updates, without third parties' sources."""
    return [
        f"deb {uri} {release} {component}"
        for uri, release, component in (line.split() for line in targets.splitlines())
        if component == "main" and release in (SUITE, f"{SUITE}-updates", f"{SUITE}-security")
    ]


def settings() -> str:
    """The machine's apt settings for proxies, expiry and retries, for use inside an image."""
    return settings_from(run(["apt-config", "dump"], limit=60))


def settings_from(dump: str) -> str:
    """The lines of `apt-config dump` that affect how the sources are reached and trusted."""
    wanted = ("Acquire::http::", "Acquire::https::", "Acquire::Check-", "Acquire::Retries")
    lines = [line for line in dump.splitlines() if line.startswith(wanted)]
    return "".join(f"{line}\n" for line in lines)
