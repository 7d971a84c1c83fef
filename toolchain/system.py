"""Programs of the operating system: found, installed as root, or named in an error.

All Debian packages are installed here, also those of the lab.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress

from toolchain import locking, paths, process, progress
from toolchain.errors import ToolchainError

PROGRAMS = {"git": "git", "make": "make", "ssh": "openssh-client", "ssh-agent": "openssh-client"}
"""Program → the Debian package that has it."""

INSTALL_LIMIT = 600.0
"""Seconds for one call of apt-get, and to wait for other installations."""

# With this runlevel, Debian's scripts do not start the services of packages.
QUIETLY = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
APT = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq"]


def missing() -> list[str]:
    """Packages of the needed programs that are not on PATH."""
    return sorted({package for name, package in PROGRAMS.items() if not shutil.which(name)})


def ensure() -> None:
    """Install what is missing. Raises ToolchainError naming the packages when it can't."""
    if packages := missing():
        install(packages)


def install(packages: Sequence[str]) -> None:
    """Install Debian packages by apt-get; their services are not started.

    Several processes take turns. Raises ToolchainError for other users than root, without apt-get,
    and when apt-get fails.
    """
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        raise ToolchainError(
            f"missing packages: {names}",
            remedy="Install them with the system's package manager, then try again.",
        )
    if os.geteuid() != 0:
        raise ToolchainError(
            f"missing packages: {names}",
            remedy=f"Run `sudo apt-get install {names}`, then try again.",
        )
    with locking.exclusive(paths.cache() / "packages.lock", limit=INSTALL_LIMIT):
        progress.step("system", f"installing {names}")
        with suppress(ToolchainError):  # where this does not help, apt-get fails with the reason
            process.run(["dpkg", "--configure", "-a"], limit=INSTALL_LIMIT, env=QUIETLY)
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            process.run(
                [*APT, *command],
                limit=INSTALL_LIMIT,
                env=QUIETLY,
                remedy=f"Install {names} by hand, then try again.",
            )
