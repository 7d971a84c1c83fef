"""The lab's registry: plain http on the lab's network, with the base images in it."""

from __future__ import annotations

import httpx

from lab import images, waiting
from lab.engine import docker
from lab.layout import LABEL, NETWORK, REGISTRY, REGISTRY_ADDRESS, REGISTRY_CONTAINER
from slipway.errors import SlipwayError

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
    """Create or start the registry and wait until it answers."""
    state = docker(
        "ps", "--all", "--filter", f"name=^{REGISTRY_CONTAINER}$", "--format", "{{.State}}"
    )
    if not state.strip():
        docker(
            *("run", "--detach", "--name", REGISTRY_CONTAINER, "--label", f"{LABEL}=registry"),
            *("--network", NETWORK, "--ip", REGISTRY_ADDRESS, "--hostname", "registry"),
            *("--volume", f"{VOLUME}:{STORAGE}", images.name("registry")),
        )
    elif state.strip() != "running":
        docker("start", REGISTRY_CONTAINER)
    if not waiting.until(answers, READY_LIMIT, poll=0.1):
        raise SlipwayError(
            f"no answer within {READY_LIMIT:g} s",
            where=f"http://{REGISTRY}/v2/",
            remedy=f"`docker logs {REGISTRY_CONTAINER}` shows why",
        )


def publish() -> list[str]:
    """Push the published images that are missing or out of date; returns what was pushed."""
    local = images.published_ids()
    stale = [image for image in local if not _current(image, local[image])]
    for image in stale:
        docker("push", "--quiet", image, limit=PUSH_LIMIT)
    return stale


def _repository(image: str) -> str:
    return image.removeprefix(f"{REGISTRY}/").rpartition(":")[0]


def answers() -> bool:
    """Whether the registry answers."""
    try:
        return _get("/v2/").is_success
    except httpx.TransportError:
        return False


def repositories() -> list[str]:
    """The names of all repositories."""
    names: list[str] = _get("/v2/_catalog?n=1000").json()["repositories"]
    return names


def digest(repository: str, tag: str) -> str:
    """The digest of a tag. Raises httpx.HTTPStatusError when there is no such tag."""
    answer = _get(f"/v2/{repository}/manifests/{tag}").raise_for_status()
    return str(answer.headers["Docker-Content-Digest"])


def tags(repository: str) -> dict[str, str]:
    """Digests by tag."""
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
    # Without the environment's proxy, which cannot reach an address on this machine.
    with httpx.Client(trust_env=False, timeout=10) as client:
        accept = {"Accept": ", ".join(_MANIFESTS)}
        return client.get(f"http://{REGISTRY}{path}", headers=accept)
