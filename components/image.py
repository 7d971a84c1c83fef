"""An image that is built and pushed once for each version."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

import pulumi
import pulumi_docker as docker

from components import build
from components.stack import plain_errors
from slipway.deployment.deployment import ImageDeployment
from slipway.errors import SlipwayError
from slipway.settings.quantity import write_size


class ImageArgs(TypedDict):
    """An image, and how to find out its size."""

    deployment: ImageDeployment
    """Its digest in the registry for the version, or how it is built."""
    size: Callable[[str], int]
    """Bytes that a pull of a digest downloads; called only for an image with a limit."""


class Image(pulumi.ComponentResource):
    """A version that is in the registry is used; one that is missing is built and pushed.

    So a rollback to an earlier version builds nothing, and a version always means the same image.
    """

    reference: pulumi.Output[str]
    """REPOSITORY@DIGEST; unknown in a preview of a build."""

    def __init__(
        self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Image", name, None, opts)
        deployment, size = args["deployment"], args["size"]
        built = self._build(name, deployment)
        if deployment.digest is None and built is not None:
            digest = built.repo_digest.apply(lambda text: text.partition("@")[2])
        else:
            digest = pulumi.Output.from_input(deployment.digest or "")

        def checked(value: str) -> str:
            with plain_errors():
                check_size(name, deployment, value, size)
            return f"{deployment.repository}@{value}"

        self.reference = digest.apply(checked)
        self.register_outputs({"reference": self.reference})

    def _build(self, name: str, deployment: ImageDeployment) -> docker.Image | None:
        """The build and its tags; of a published version only what is already in the state."""
        if deployment.digest is not None and f"{name}-build" not in deployment.declared:
            return None
        return build.declare(name, deployment, self)


def check_size(
    name: str, deployment: ImageDeployment, digest: str, size: Callable[[str], int]
) -> None:
    """Raises SlipwayError for an image whose download is larger than its limit.

    Digests that have run here are exempt, so that a rollback to them always works.
    """
    limit = deployment.build.size_limit
    if limit is None or digest in deployment.known:
        return
    found = size(digest)
    if found > limit:
        raise SlipwayError(
            f"the image's download is {write_size(found)}, more than its {write_size(limit)} limit",
            where=f"application/images/{name}/size_limit",
            remedy="Make the image smaller, or raise the limit",
        )
