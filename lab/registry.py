"""The lab's registry: plain http on the lab's network, with the base images in it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import httpx

from lab import folders, images, waiting
from lab.engine import docker
from lab.layout import LABEL, NETWORK, REGISTRY, REGISTRY_ADDRESS, REGISTRY_CONTAINER
from slipway.errors import SlipwayError
from slipway.web import WITHOUT_TLS

VOLUME = f"{REGISTRY_CONTAINER}-data"
STORAGE = "/var/lib/registry"
READY_LIMIT = 30.0  # seconds
PUSH_LIMIT = 300.0  # seconds
_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)


def ensure() -> None:
    """Create or start the registry and wait until it answers.

    A new one has what was kept of an earlier one: to push the base images takes 20 s.
    """
    state = docker(
        "ps", "--all", "--filter", f"name=^{REGISTRY_CONTAINER}$", "--format", "{{.State}}"
    )
    if not state.strip():
        docker(
            *("create", "--name", REGISTRY_CONTAINER, "--label", f"{LABEL}=registry"),
            *("--network", NETWORK, "--ip", REGISTRY_ADDRESS, "--hostname", "registry"),
            *("--volume", f"{VOLUME}:{STORAGE}", images.name("registry")),
        )
        if (kept := _kept()).exists():
            docker("cp", f"{kept}/.", f"{REGISTRY_CONTAINER}:{STORAGE}")
    if state.strip() != "running":
        docker("start", REGISTRY_CONTAINER)
    if not waiting.until(answers, READY_LIMIT, poll=0.1):
        raise SlipwayError(
            f"no answer within {READY_LIMIT:g} s",
            where=f"http://{REGISTRY}/v2/",
            remedy=f"`docker logs {REGISTRY_CONTAINER}` tells why",
        )


def publish() -> list[str]:
    """Push the published images that the registry lacks or has older; which were pushed."""
    local = dict(zip(images.PUBLISHED, images.published_ids().split(), strict=True))
    stale = [image for image in local if not _current(image, local[image])]
    for image in stale:
        docker("push", "--quiet", image, limit=PUSH_LIMIT)
    if stale and set(repositories()) == {_repository(image) for image in images.PUBLISHED}:
        _keep()
    return stale


def _keep() -> None:
    """What the registry has stored, for the next one; what an earlier one stored goes."""
    kept = _kept()
    for old in kept.parent.glob("registry-*"):
        shutil.rmtree(old)
    partial = kept.with_suffix(".partial")
    docker("cp", f"{REGISTRY_CONTAINER}:{STORAGE}", str(partial))
    partial.rename(kept)


def _kept() -> Path:
    """Where the storage of a registry is kept that has nothing but today's published images."""
    digest = hashlib.sha256(images.published_ids().encode())
    return folders.cache() / f"registry-{digest.hexdigest()[:12]}"


def _repository(image: str) -> str:
    return image.removeprefix(f"{REGISTRY}/").rpartition(":")[0]


def answers() -> bool:
    """Whether the registry can be used now."""
    try:
        return _get("/v2/").is_success
    except httpx.TransportError:
        return False


def repositories() -> list[str]:
    """Names of everything in the registry."""
    names: list[str] = _get("/v2/_catalog?n=1000").json()["repositories"]
    return names


def digest(repository: str, tag: str) -> str:
    """What the registry has under a tag. Raises httpx.HTTPStatusError when there is nothing."""
    answer = _get(f"/v2/{repository}/manifests/{tag}").raise_for_status()
    return str(answer.headers["Docker-Content-Digest"])


def tags(repository: str) -> dict[str, str]:
    """By tag, the digest that the registry has."""
    names = _get(f"/v2/{repository}/tags/list").json().get("tags") or []
    return {name: digest(repository, name) for name in sorted(names)}


def _current(image: str, local: str) -> bool:
    answer = _get(f"/v2/{_repository(image)}/manifests/{image.rpartition(':')[2]}")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return False
    # An engine identifies an image by its configuration or, with containerd's store, its manifest.
    configuration = answer.json().get("config", {}).get("digest")
    return local in (configuration, answer.headers["Docker-Content-Digest"])


def _get(path: str) -> httpx.Response:
    # A proxy for the outside world is no way to an address on this machine.
    with httpx.Client(trust_env=False, timeout=10, verify=WITHOUT_TLS) as client:
        accept = {"Accept": ", ".join(_MANIFESTS)}
        return client.get(f"http://{REGISTRY}{path}", headers=accept)
