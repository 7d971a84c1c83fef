"""`Tag` and `RemoteImage`: names and copies of images in the engine."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from ..resource import Call, PluginError
from ..values import Struct, plain
from .bridged import Bridged
from .engine import TRANSFER_SECONDS, docker, inspect_image, repo_digest
from .names import ImageName
from .settings import current


class Tag(Bridged):
    """A second name for an image; deleting the resource removes neither name."""

    tok = "docker:index/tag:Tag"
    required = ("sourceImage", "targetImage")
    properties = frozenset({"sourceImage", "tagTriggers", "targetImage"})
    forces_replacement = properties
    deletes_first = False
    computed = ("sourceImageId",)
    empty: ClassVar[Struct] = {"tagTriggers": None}

    @override
    async def make(self, call: Call, inputs: Struct) -> Struct:
        source, target = inputs["sourceImage"], inputs["targetImage"]
        try:
            await docker("tag", source, target)
        except PluginError as error:
            raise PluginError(f"failed to create docker tag: {error}") from error
        description = await inspect_image(source) or {}
        return {"id": f"{source}.{target}", "sourceImageId": description.get("Id", "")}


class RemoteImage(Bridged):
    """An image pulled from its registry, unless the engine has it already."""

    tok = "docker:index/remoteImage:RemoteImage"
    required = ("name",)
    properties = frozenset(
        {"forceRemove", "keepLocally", "name", "platform", "pullTriggers", "triggers"}
    )
    forces_replacement = frozenset({"name", "platform", "pullTriggers", "triggers"})
    deletes_first = True
    computed = ("imageId", "repoDigest")
    empty: ClassVar[Struct] = {
        "build": None,
        "forceRemove": None,
        "keepLocally": None,
        "platform": None,
        "pullTriggers": None,
        "triggers": None,
    }

    @override
    async def make(self, call: Call, inputs: Struct) -> Struct:
        name = inputs["name"]
        description = await inspect_image(name)
        if description is None:
            await self._pull(call, name, inputs.get("platform"))
            description = await inspect_image(name) or {}
        image_id = description.get("Id", "")
        digest = repo_digest(description, name)
        return {"id": f"{image_id}{name}", "imageId": image_id, "repoDigest": digest}

    @override
    async def read(self, resource_id: str, state: Struct) -> str:
        return resource_id if await inspect_image(plain(state["name"])) else ""

    @override
    async def delete(self, call: Call, resource_id: str, state: Struct) -> None:
        """Remove the image from the engine unless `keepLocally` is set."""
        own = plain(state)
        if own.get("keepLocally") or not await inspect_image(own["name"]):
            return
        force = ["--force"] if own.get("forceRemove") else []
        await docker("image", "rm", *force, own["name"])

    async def _pull(self, call: Call, name: str, platform: str | None) -> None:
        only = ["--platform", platform] if platform else []
        login = current.credential(ImageName.parse(name).registry)
        try:
            await docker("pull", *only, name, log=call.log, login=login, limit=TRANSFER_SECONDS)
        except PluginError as error:
            raise PluginError(
                "Unable to read Docker image into resource: unable to pull image "
                f"{name}: error pulling image {name}: {error}"
            ) from error
