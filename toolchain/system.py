"""Programs that come with the operating system: found, installed when root may, or asked for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress

from toolchain import process, progress
from toolchain.errors import ToolchainError

PROGRAMS = {"git": "git", "make": "make", "ssh": "openssh-client", "ssh-agent": "openssh-client"}
"""Program → the Debian package that has it."""

INSTALL_LIMIT = 600.0


def missing() -> list[str]:
    """Packages of the needed programs that are not on PATH."""
    return sorted({package for name, package in PROGRAMS.items() if not shutil.which(name)})


def ensure() -> None:
    """Install what is missing. Raises ToolchainError naming the packages when it can't."""
    if packages := missing():
        install(packages)


def install(packages: Sequence[str]) -> None:
    """Install Debian packages by apt-get; raises ToolchainError for anybody but root."""
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        raise ToolchainError(
            f"this machine lacks {names}",
            remedy="Install them with the system's package manager, then run `make setup` again.",
        )
    if os.geteuid() != 0:
        raise ToolchainError(
            f"this machine lacks {names}",
            remedy=f"Run `sudo apt-get install {names}`, then `make setup` again.",
        )
    progress.step("system", f"installing {names}")
    remedy = f"Install {names} by hand, then run `make setup` again."
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    with suppress(ToolchainError):  # if this doesn't help an interrupted dpkg, apt-get says so
        process.run(["dpkg", "--configure", "-a"], limit=INSTALL_LIMIT, env=quiet)
    process.run(["apt-get", *wait, "-qq", "update"], limit=INSTALL_LIMIT, env=quiet, remedy=remedy)
    process.run(
        ["apt-get", *wait, "-qq", "--yes", "--no-install-recommends", "install", *packages],
        limit=INSTALL_LIMIT,
        env=quiet,
        remedy=remedy,
    )
