"""Virtual environments, named by what they are made of: clones with equal lock files share one.

Without another lock file it is the project's own.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from pathlib import Path

from toolchain import OLDEST, paths, process, progress, system
from toolchain.errors import ToolchainError

LOCK_FILE = paths.REPOSITORY / "requirements.lock"
COMPLETE = ".complete"
SYSTEM = Path("/usr/bin/python3")
# Programs that import much and end soon have no garbage to speak of, and looking for it after every
# 700 objects is a tenth of a preview's Python. mypy does the same for itself.
COLLECT_SELDOM = "import gc; gc.set_threshold(100_000)\n"
COLLECTOR = "collector.pth"  # every Python of the environment runs it when it starts
# Pulumi's language host asks for the packages before each preview and update, for which pip takes
# 0.3 s. What this environment has was written down when it was made, and never changes.
LISTING = "-m pip list -v --format json"
LISTED = "packages.json"
LAUNCHER = f"""\
#!/bin/sh
[ "$*" = "{LISTING}" ] && exec cat {{packages}}
exec {{python}} "$@"
"""
ANSWER_LIMIT = 10.0
CREATE_LIMIT = 120.0
INSTALL_LIMIT = 900.0


def prefer_systems(arguments: list[str]) -> None:
    """Become the system's own Python, if that will do and `make PYTHON=...` names no other.

    One that pyenv has compiled knows no profile of its own: it takes 1.4 times as long to run the
    same code, and every preview, update and test is that much slower.
    """
    if os.environ.get("PYTHON") or Path(sys.base_prefix) == SYSTEM.parent.parent:
        return
    fits = f"import ensurepip, sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        process.run([str(SYSTEM), "-c", fits], limit=ANSWER_LIMIT)
    except ToolchainError:
        return
    os.execv(SYSTEM, [str(SYSTEM), "-m", "toolchain", *arguments])


def directory(lock: Path = LOCK_FILE) -> Path:
    """Where the environment for a lock file and this Python belongs."""
    key = paths.content_key(lock, sys.base_prefix, COLLECT_SELDOM, LAUNCHER)
    return paths.cache() / f"venv-{sys.implementation.cache_tag}-{key}"


def interpreter(lock: Path = LOCK_FILE) -> Path:
    """The environment's Python."""
    return directory(lock) / "bin" / "python"


def launcher(lock: Path = LOCK_FILE) -> Path:
    """What Pulumi's language host is to start as Python."""
    return directory(lock) / "bin" / "pulumi-python"


def bytecode() -> Path:
    """Where compiled Python goes instead of `__pycache__` folders in the repository."""
    return paths.cache() / "bytecode"


def ready(lock: Path = LOCK_FILE) -> bool:
    """Whether the environment is complete, and its Python is still on the machine."""
    return (directory(lock) / COMPLETE).exists() and interpreter(lock).exists()


def install(lock: Path = LOCK_FILE) -> None:
    """Make the environment, every package checked against its hash in the lock file.

    It is made in its final place, because scripts in it name their interpreter by path; a marker
    written last tells a complete one from what a killed run left behind.
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
        env=_surroundings(),
        remedy="Check that pip can reach its package index from here, then run `make setup` again.",
    )
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (target / "lib" / version / "site-packages" / COLLECTOR).write_text(COLLECT_SELDOM)
    _make_launcher(lock)
    (target / COMPLETE).touch()


def _surroundings() -> dict[str, str]:
    return {"PYTHONPYCACHEPREFIX": str(bytecode()), "PYTHONPATH": ""}


def _make_launcher(lock: Path) -> None:
    python, packages = str(interpreter(lock)), directory(lock) / LISTED
    listing = [python, *LISTING.split()]
    packages.write_text(process.run(listing, limit=CREATE_LIMIT, env=_surroundings()))
    script = LAUNCHER.format(python=shlex.quote(python), packages=shlex.quote(str(packages)))
    launcher(lock).write_text(script)
    launcher(lock).chmod(0o755)


def _ensure_ensurepip() -> None:
    """Debian splits ensurepip off into a package of its own, without which there is no venv."""
    if importlib.util.find_spec("ensurepip"):
        return
    if Path(sys.base_prefix) != Path("/usr") or not Path("/etc/debian_version").exists():
        raise ToolchainError(
            "this Python has no ensurepip module, so it can't make a virtual environment",
            where=sys.executable,
            remedy="Use a complete Python 3.11 or newer: `make setup PYTHON=/path/to/python3`.",
        )
    system.install(["python3-venv"])
