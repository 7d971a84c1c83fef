"""The lab's images: one Debian root made by debootstrap, and small layers on top of it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from lab import packages, paths
from lab.command import attempt, run
from lab.engine import docker
from lab.layout import REGISTRY
from slipway.errors import SlipwayError

RECIPES: Final = Path(__file__).parent / "recipes"
DERIVED: Final = ("python", "postgres", "redis", "haproxy", "registry", "server")
PUBLISHED: Final = {
    f"{REGISTRY}/base/python:3.11": "python",
    f"{REGISTRY}/postgres:15": "postgres",
    f"{REGISTRY}/redis:7": "redis",
    f"{REGISTRY}/haproxy:2.6": "haproxy",
}

ROOT_PACKAGES: Final = ("ca-certificates", "python3")
# Not needed in a container, and half of the root's size.
UNWANTED: Final = ("usr/share/doc", "usr/share/man", "usr/share/locale")
EMPTIED: Final = ("var/cache/apt", "var/lib/apt/lists", "var/log")
BOOTSTRAP_LIMIT: Final = 900.0  # seconds
BUILD_LIMIT: Final = 600.0  # seconds
PROXIES: Final = ("http_proxy", "https_proxy", "no_proxy")


def name(recipe: str) -> str:
    """The image of a recipe: a changed recipe gets another name."""
    return f"slipway-lab/{recipe}:{recipe_hash(recipe)}"


def recipe_hash(recipe: str) -> str:
    """Twelve hex digits of everything that determines what is in the image."""
    digest = hashlib.sha256(repr((packages.SUITE, ROOT_PACKAGES, UNWANTED)).encode())
    if recipe != "root":
        for file in sorted((RECIPES / recipe).iterdir()):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def ensure() -> list[str]:
    """Build the images that the engine lacks and tag the published ones; returns what was built."""
    present = existing()
    missing = [recipe for recipe in DERIVED if name(recipe) not in present]
    if missing:
        if name("root") not in present:
            docker("import", str(_root_tarball()), name("root"), limit=BUILD_LIMIT)
        with ThreadPoolExecutor(max_workers=2) as pool:  # half of a build is waiting for downloads
            list(pool.map(_build, missing))
        _drop_outdated()
    for published, recipe in PUBLISHED.items():
        if recipe in missing or published not in present:
            docker("tag", name(recipe), published)
    return missing


def existing() -> set[str]:
    """Every image in the machine's engine, as repository:tag."""
    return set(docker("images", "--format", "{{.Repository}}:{{.Tag}}").split())


def published_ids() -> dict[str, str]:
    """The id of each published image in the machine's engine."""
    ids = docker("image", "inspect", "--format", "{{.Id}}", *PUBLISHED).split()
    return dict(zip(PUBLISHED, ids, strict=True))


def built() -> list[str]:
    """What people and tests have built for the lab's registry: names, or ids of untagged ones."""
    listed = docker("images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").splitlines()
    ours = (line.split() for line in listed if line.startswith(f"{REGISTRY}/"))
    return [
        identity if name.endswith(":<none>") else name
        for name, identity in ours
        if name not in PUBLISHED
    ]


def drop_built() -> None:
    """Remove what was built for the lab's registry."""
    if found := built():
        attempt(["docker", "rmi", *found], limit=BUILD_LIMIT)  # an image in use is kept


def purge() -> None:
    """Remove the lab's images and the cached root."""
    for image in existing():
        if image.startswith(("slipway-lab/", f"{REGISTRY}/")):
            attempt(["docker", "rmi", image], limit=60)  # an image in use is kept
    shutil.rmtree(paths.cache())


def _drop_outdated() -> None:
    current = {name(recipe) for recipe in ("root", *DERIVED)}
    for image in existing():
        if image.startswith("slipway-lab/") and image not in current:
            attempt(["docker", "rmi", image], limit=60)  # an image in use is kept


def _build(recipe: str) -> None:
    # The classic builder needs neither a plugin nor a frontend image from a registry. The build
    # uses the machine's network, so that it reaches package sources as the machine does.
    run(
        [
            *("docker", "build", "--quiet", "--network", "host"),
            *("--build-arg", f"ROOT={name('root')}", "--tag", name(recipe)),
            *(f"--build-arg={variable}" for variable in PROXIES if variable in os.environ),
            str(RECIPES / recipe),
        ],
        limit=BUILD_LIMIT,
        variables={"DOCKER_BUILDKIT": "0"},
    )


def _root_tarball() -> Path:
    """The root file system of every image, made once and kept."""
    tarball = paths.cache() / f"root-{recipe_hash('root')}.tar"
    if tarball.exists():
        return tarball
    if os.geteuid() != 0:
        raise SlipwayError(
            "building the root file system needs root once", remedy="Run `sudo slipway lab up`"
        )
    root = paths.cache() / "root.partial"
    shutil.rmtree(root, ignore_errors=True)
    try:
        _bootstrap(root)
        partial = tarball.with_suffix(".partial")
        run(["tar", "--numeric-owner", "-C", str(root), "-cf", str(partial), "."], limit=300)
        partial.rename(tarball)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return tarball


def _bootstrap(root: Path) -> None:
    sources = packages.sources()
    # In a mount namespace of its own, so that debootstrap's mounts end with it. Python's packages
    # compile their bytecode into the root, not into this machine's cache of bytecode.
    run(
        [
            *("env", "--unset=PYTHONPYCACHEPREFIX", "--unset=PYTHONDONTWRITEBYTECODE"),
            *("unshare", "--mount", "debootstrap", "--variant=minbase"),
            *(f"--include={','.join(ROOT_PACKAGES)}", packages.SUITE, str(root)),
            mirror(sources),
        ],
        limit=BOOTSTRAP_LIMIT,
    )
    apt = root / "etc/apt"
    (apt / "sources.list").write_text("".join(f"{line}\n" for line in sources))
    (apt / "apt.conf.d/90machine").write_text(packages.settings())
    excluded = "".join(f"path-exclude=/{folder}/*\n" for folder in UNWANTED)
    (root / "etc/dpkg/dpkg.cfg.d/small").write_text(excluded)
    for folder in (*UNWANTED, *EMPTIED):
        shutil.rmtree(root / folder)
        (root / folder).mkdir()


def mirror(sources: Iterable[str]) -> str:
    """The address that serves the suite itself, rather than its updates."""
    return next(line.split()[1] for line in sources if line.split()[2] == packages.SUITE)
