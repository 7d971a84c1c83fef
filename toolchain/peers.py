"""Programs that the benchmark and the lab's tests need, installed when first needed.

Most are tools that Slipway is compared with; see bench/peers. Each program is built from the Go
module in its folder; Ansible gets its own environment.
"""

from __future__ import annotations

from pathlib import Path

from toolchain import golang, locking, paths, progress, python

PEERS = paths.REPOSITORY / "bench" / "peers"
PACKAGES = {
    "hello": ".",
    "kamal-proxy": "github.com/basecamp/kamal-proxy/cmd/kamal-proxy",
    "compose": "github.com/docker/compose/v2/cmd",
    "notes": ".",
    "yaml-values": ".",
}
"""The package to build, by program."""

ANSIBLE = PEERS / "ansible" / "requirements.lock"
LOCK_LIMIT = 1800.0
"""Seconds: compose has 300 modules to download and takes some minutes to compile."""


def program(name: str) -> Path:
    """A static program, built first if necessary. Raises ToolchainError when it can't be built."""
    target = _directory(name)
    with locking.exclusive(paths.cache() / "peers.lock", limit=LOCK_LIMIT):
        if not target.exists():
            progress.step(name, "building from source (compose takes some minutes)")
            with paths.built_aside(target) as aside:
                golang.build(source(name), PACKAGES[name], aside / name)
    return target / name


def ansible() -> Path:
    """The folder of Ansible's commands, installed first if necessary. Raises ToolchainError."""
    with locking.exclusive(paths.cache() / "peers.lock", limit=LOCK_LIMIT):
        python.install(ANSIBLE)
    return python.directory(ANSIBLE) / "bin"


def directories() -> list[Path]:
    """The folders of all tools, whether they exist or not."""
    return [*map(_directory, PACKAGES), python.directory(ANSIBLE)]


def source(name: str) -> Path:
    """The folder of a program's Go module."""
    tested = (paths.REPOSITORY / folder / name for folder in ("examples", "tests/conformance"))
    return next((folder for folder in tested if folder.is_dir()), PEERS / name)


def _directory(name: str) -> Path:
    """The program's folder, named by what it is built from."""
    files = (path for path in source(name).iterdir() if path.suffix in {".go", ".mod", ".sum"})
    return paths.cache() / f"peer-{name}-{paths.content_key(*sorted(files))}"
