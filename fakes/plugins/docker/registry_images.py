"""`RegistryImage` and `getRegistryImage`: images in a registry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from typing_extensions import override

from ..resource import Call, Function, PluginError, RefusedError
from ..values import Struct, plain
from .bridged import Bridged
from .engine import TRANSFER_SECONDS, docker
from .names import ImageName
from .registry import NotFoundError, delete_manifest, manifest_digest
from .settings import Credential, current

_LOGIN = frozenset({"address", "password", "username"})


class RegistryImage(Bridged):
    """An image of the engine pushed to its registry."""

    tok = "docker:index/registryImage:RegistryImage"
    required = ("name",)
    properties = frozenset({"authConfig", "insecureSkipVerify", "keepRemotely", "name", "triggers"})
    forces_replacement = frozenset({"name", "triggers"})
    deletes_first = True
    computed = ("sha256Digest",)
    empty: ClassVar[Struct] = {
        "authConfig": None,
        "build": None,
        "insecureSkipVerify": False,
        "keepRemotely": False,
        "triggers": None,
    }

    @override
    async def check(self, inputs: Struct) -> Struct:
        login = plain(inputs.get("authConfig"))
        if isinstance(login, dict) and (unknown := sorted(login.keys() - _LOGIN)):
            raise RefusedError({f"authConfig.{key}": "unknown property" for key in unknown})
        return await super().check(inputs)

    @override
    async def make(self, call: Call, inputs: Struct) -> Struct:
        name, login = inputs["name"], _login(inputs)
        try:
            await docker("push", name, log=call.log, login=login, limit=TRANSFER_SECONDS)
        except PluginError as error:
            raise PluginError(f"Error pushing docker image: {error}") from error
        digest = await _digest(inputs)
        return {"id": digest, "sha256Digest": digest}

    @override
    async def read(self, resource_id: str, state: Struct) -> str:
        try:
            await _digest(plain(state))
        except NotFoundError:
            return ""
        return resource_id

    @override
    async def delete(self, call: Call, resource_id: str, state: Struct) -> None:
        """Delete the image from the registry unless `keepRemotely` is set."""
        own = plain(state)
        if own.get("keepRemotely"):
            return
        name = replace(ImageName.parse(own["name"]), reference=own["sha256Digest"])
        await delete_manifest(name, _login(own), verify=not own.get("insecureSkipVerify"))


class GetRegistryImage(Function):
    """Looks up a name's digest, in a preview too."""

    tok = "docker:index/getRegistryImage:getRegistryImage"
    properties = frozenset({"insecureSkipVerify", "name"})

    @override
    async def invoke(self, call: Call, arguments: Struct) -> Struct:
        digest = await _digest(arguments)
        return {"insecureSkipVerify": False, **arguments, "id": digest, "sha256Digest": digest}


def _login(inputs: dict[str, Any]) -> Credential:
    own = inputs.get("authConfig")
    if own:
        return Credential(own["address"], own.get("username") or "", own.get("password") or "")
    return current.credential(ImageName.parse(inputs["name"]).registry)


async def _digest(inputs: Struct) -> str:
    name = ImageName.parse(inputs["name"])
    try:
        return await manifest_digest(
            name, _login(inputs), verify=not inputs.get("insecureSkipVerify")
        )
    except PluginError as error:
        message = (
            "Got error when attempting to fetch image version "
            f"{name.repository}:{name.reference} from registry: {error}"
        )
        raise type(error)(message) from error
