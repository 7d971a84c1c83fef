"""actionlint, which checks workflow files: built from source when it is first needed."""

from __future__ import annotations

from pathlib import Path

from toolchain import golang, locking, paths, progress, versions

MODULE = "actionlint"
PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"
LOCK_LIMIT = 600.0
"""Seconds: a build with its downloads takes a minute at most."""


def directory() -> Path:
    """The program's folder, named by what it is built from."""
    files = (golang.MODULES / MODULE / name for name in ("go.mod", "go.sum"))
    return paths.cache() / f"actionlint-{versions.ACTIONLINT}-{paths.content_key(*files)}"


def install() -> Path:
    """The program, built first if necessary. Raises ToolchainError when it can't be built."""
    program = directory() / "actionlint"
    with locking.exclusive(paths.cache() / "actionlint.lock", limit=LOCK_LIMIT):
        if not program.exists():
            progress.step("actionlint", f"building {versions.ACTIONLINT} from source")
            with paths.built_aside(directory()) as aside:
                golang.build(MODULE, PACKAGE, aside / "actionlint")
    return program
