"""The parts of image names: registry, repository, tag or digest."""

from __future__ import annotations

from dataclasses import dataclass

from ..resource import PluginError

_HUB = "docker.io"


@dataclass(frozen=True)
class ImageName:
    """`registry/repository:reference`; the reference is a tag, or a digest with its algorithm."""

    registry: str
    repository: str
    reference: str

    @classmethod
    def parse(cls, name: str) -> ImageName:
        """By Docker's rules: a first part without dot or colon belongs to Docker Hub."""
        path, _, digest = name.partition("@")
        first, slash, rest = path.partition("/")
        if not slash or not _is_host(first):
            first, rest = _HUB, path if slash else f"library/{path}"
        repository, _, tag = rest.partition(":")
        return cls(first, repository, digest or tag or "latest")


def require_full(name: str) -> None:
    """Raises PluginError unless the name contains its registry, as a push needs it."""
    first, slash, _ = name.partition("/")
    if not slash or not _is_host(first):
        raise PluginError(
            "error: repository name must be canonical. This provider requires all image names to "
            "be fully qualified.\nFor example, if you are attempting to push to Dockerhub, prefix "
            "your image name with `docker.io`:\n\n`docker.io/repository/image:tag`"
        )


def _is_host(part: str) -> bool:
    return "." in part or ":" in part or part == "localhost"
