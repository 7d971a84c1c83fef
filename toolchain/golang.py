"""Build programs from Go modules; each has a go.sum, so every download is checked."""

from __future__ import annotations

import functools
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolchain import process, versions
from toolchain.errors import ToolchainError

MODULES = Path(__file__).resolve().parent
USUAL_FOLDER = "/usr/local/go/bin"
"""Go's default folder, searched even if it is not on PATH."""

# A static program needs no C compiler, and runs with any libc.
ENVIRONMENT = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "auto", "GOWORK": "off"}

FETCH_LIMIT = 300.0
BUILD_LIMIT = 1800.0
SELF_UPDATING = (1, 21)
"""From this version on, Go downloads the newer version that a go.mod requires."""

REMEDY = "Check that Go can reach its module proxy (`go env GOPROXY`), then run `make setup` again."


def build(module: str | Path, package: str, output: Path, *, ldflags: str = "") -> None:
    """Build `package`, which the go.mod in the folder `module` pins, into the file `output`.

    `module` is the name of a folder in this package, or a path; `ldflags` sets the program's
    version.
    """
    flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", ldflags]
    _go(module, ["build", *flags, "-o", str(output), package])


@contextmanager
def fetching(module: str | Path, package: str) -> Iterator[None]:
    """Fetch the modules for `build` while the body runs; `build` reports any failure."""
    command = [compiler(required(module)), "list", "-mod=readonly", "-deps", package]
    with process.beside(command, cwd=MODULES / module, env=ENVIRONMENT, limit=FETCH_LIMIT):
        yield


def source(module: str | Path, dependency: str) -> Path:
    """The source folder of a dependency of `module`."""
    _go(module, ["mod", "download", dependency])
    where = _go(module, ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", dependency])
    return Path(where.strip())


def required(module: str | Path) -> versions.Version:
    """The Go version that a module's go.mod requires."""
    text = (MODULES / module / "go.mod").read_text()
    found = re.search(r"^go (\S+)$", text, re.MULTILINE)
    if not found:
        raise ToolchainError("go.mod has no Go version", where=str(MODULES / module))
    return versions.parse(found[1])


def _go(module: str | Path, arguments: list[str]) -> str:
    return process.run(
        [compiler(required(module)), *arguments],
        cwd=MODULES / module,
        env=ENVIRONMENT,
        limit=BUILD_LIMIT,
        remedy=REMEDY,
    )


@functools.cache
def compiler(needed: versions.Version) -> str:
    """The `go` command. Raises ToolchainError if it is missing, or too old to update itself."""
    wanted = ".".join(map(str, needed))
    remedy = (
        f"Install Go {wanted} or newer from https://go.dev/dl/ (Debian's own is older), or install "
        f"the Pulumi CLI {versions.OLDEST_PULUMI} or newer, which makes Go unnecessary."
    )
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), USUAL_FOLDER])
    go = shutil.which("go", path=search)
    if not go:
        raise ToolchainError("Go is not installed", remedy=remedy)
    reported = process.run([go, "env", "GOVERSION"], limit=30, env={"GOTOOLCHAIN": "local"})
    if versions.parse(reported) < min(needed, SELF_UPDATING):
        raise ToolchainError(f"{reported.strip()} is too old", where=go, remedy=remedy)
    return go
