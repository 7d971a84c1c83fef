"""An image that is built once, pushed under its version, and never again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypedDict

import pulumi

from components.stack import plain_errors
from slipway.settings.image import Image as Build

if TYPE_CHECKING:
    import pulumi_docker as docker

    from slipway.registry import Credentials


class ImageArgs(TypedDict):
    """What an image is made from, and what must hold for it."""

    repository: str
    """REGISTRY/NAME, without a tag."""
    version: str
    """The tag that stands for this content for ever."""
    published: str | None
    """The digest that the registry has for the version; None if it is to be built."""
    build: Build
    """What to build, from which folder."""
    tags: Mapping[str, str]
    """Further tags for what is built, by their role (sha, branch, latest)."""
    kept: frozenset[str]
    """Names of the resources in the stack's state, among them those of this image's last build."""
    login: Credentials | None
    """For the push."""
    check: Callable[[str], None]
    """Raises for a digest that must not be rolled out, such as that of an image over its limit."""


class Image(pulumi.ComponentResource):
    """A version that the registry has is used as it is; one that it lacks is built and pushed.

    So re-applying an earlier version builds nothing, and no version comes to mean something else.
    """

    reference: pulumi.Output[str]
    """REPOSITORY@DIGEST; unknown in a preview of a build."""

    def __init__(
        self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Image", name, None, opts)
        repository, published, check = args["repository"], args["published"], args["check"]
        built = self._build(name, args)
        if published is None and built is not None:
            digest = built.repo_digest.apply(lambda text: text.partition("@")[2])
        else:
            digest = pulumi.Output.from_input(published or "")

        def checked(value: str) -> str:
            with plain_errors():
                check(value)
            return f"{repository}@{value}"

        self.reference = digest.apply(checked)
        self.register_outputs({"reference": self.reference})

    def _build(self, name: str, args: ImageArgs) -> docker.Image | None:
        """The build and its tags; of a published version what the state has, left as it is."""
        if args["published"] is not None and f"{name}-build" not in args["kept"]:
            return None
        from components import build  # its provider takes a tenth of a second to import

        return build.declare(name, args, self)
