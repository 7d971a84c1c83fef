"""Virtual environments, named by a hash of their lock file: clones with equal ones share one.

The default lock file is the project's.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from toolchain import paths, process, progress, system
from toolchain.errors import ToolchainError

LOCK_FILE = paths.REPOSITORY / "requirements.lock"
COMPLETE = ".complete"
CREATE_LIMIT = 120.0
INSTALL_LIMIT = 900.0


def directory(lock: Path = LOCK_FILE) -> Path:
    """The folder of the environment for a lock file and this Python."""
    key = paths.content_key(lock, sys.base_prefix)
    return paths.cache() / f"venv-{sys.implementation.cache_tag}-{key}"


def interpreter(lock: Path = LOCK_FILE) -> Path:
    """The environment's Python."""
    return directory(lock) / "bin" / "python"


def ready(lock: Path = LOCK_FILE) -> bool:
    """Whether the environment is complete, and its Python is still on the machine."""
    return (directory(lock) / COMPLETE).exists() and interpreter(lock).exists()


def install(lock: Path = LOCK_FILE) -> None:
    """Create the environment, with every package checked against its hash in the lock file.

    It is created in its final place, because scripts in it contain their interpreter's path. A
    marker that is written last shows that it is complete.
    """
    if ready(lock):
        return
    _ensure_ensurepip()
    target = directory(lock)
    progress.step("python", f"creating {target} (less than a minute)")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    process.run([sys.executable, "-m", "venv", str(target)], limit=CREATE_LIMIT)
    pip = [str(interpreter(lock)), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    process.run(
        [*pip, "--require-hashes", "--only-binary=:all:", "--requirement", str(lock)],
        limit=INSTALL_LIMIT,
        env={"PYTHONPATH": ""},
        remedy="Check that pip can reach its package index from here, then run `make setup` again.",
    )
    (target / COMPLETE).touch()


def _ensure_ensurepip() -> None:
    """Debian has ensurepip, which a virtual environment needs, in a separate package."""
    if importlib.util.find_spec("ensurepip"):
        return
    if Path(sys.base_prefix) != Path("/usr") or not Path("/etc/debian_version").exists():
        raise ToolchainError(
            "this Python has no ensurepip module, so it can't make a virtual environment",
            where=sys.executable,
            remedy="Use a complete Python 3.11 or newer: `make setup PYTHON=/path/to/python3`.",
        )
    system.install(["python3-venv"])
