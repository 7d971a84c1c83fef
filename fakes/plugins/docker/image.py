"""`docker:index/image:Image`: an image built from source and pushed."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from ..difference import Difference, changed_paths
from ..resource import Call, PluginError, RefusedError, Resource
from ..values import Struct, has_unknown, plain, secret
from .context import context_digest
from .engine import BUILD_SECONDS, TRANSFER_SECONDS, docker, inspect_image, repo_digest
from .names import ImageName, require_full
from .settings import Credential

_BUILD: Final = frozenset(
    {"args", "builderVersion", "context", "contextDigest", "dockerfile", "platform", "target"}
)
_REGISTRY: Final = frozenset({"password", "server", "username"})
_BUILDKIT: Final = {"BuilderV1": "0", "BuilderBuildKit": "1"}
_REFUSED: Final = "Error response from daemon: "
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


class Image(Resource):
    """Built again whenever an input or the context's digest changes; never deleted."""

    tok = "docker:index/image:Image"
    properties = frozenset({"build", "buildOnPreview", "imageName", "registry", "skipPush"})

    @override
    async def check(self, inputs: Struct) -> Struct:
        _refuse_uncovered(inputs)
        if has_unknown(inputs.get("build")):
            return inputs
        name = inputs.get("imageName") or ""
        if not inputs.get("skipPush") and not has_unknown(name):
            require_full(name)
        return {**inputs, "build": _with_defaults(inputs.get("build") or {})}

    @override
    def diff(self, old_inputs: Struct, inputs: Struct) -> Difference:
        before = plain(old_inputs)
        paths = changed_paths(_without_login(before), _without_login(plain(inputs)))
        kinds = {path.split(".")[0]: "UPDATE" for path in paths}
        kinds |= {path: kind for path, kind in paths.items() if "." not in path}
        return Difference(kinds, detailed=bool(kinds))

    @override
    async def create(self, call: Call, inputs: Struct) -> tuple[str, Struct]:
        if call.preview:
            return "", inputs
        return inputs["imageName"], await _build_and_push(call, plain(inputs))

    @override
    async def update(self, call: Call, state: Struct, inputs: Struct) -> Struct:
        return inputs if call.preview else await _build_and_push(call, plain(inputs))


def _refuse_uncovered(inputs: Struct) -> None:
    build, registry = inputs.get("build") or {}, inputs.get("registry") or {}
    faults: dict[str, str] = {}
    if isinstance(build, dict):
        faults |= {f"build.{key}": _NOT_COVERED for key in build if key not in _BUILD}
        builder = build.get("builderVersion")
        if builder is not None and not has_unknown(builder) and builder not in _BUILDKIT:
            faults["build.builderVersion"] = "invalid Docker Builder version"
    if isinstance(registry, dict):
        faults |= {f"registry.{key}": _NOT_COVERED for key in registry if key not in _REGISTRY}
    if inputs.get("buildOnPreview") is True:
        faults["buildOnPreview"] = _NOT_COVERED
    if not inputs.get("imageName"):
        faults["imageName"] = "missing: the name to build and push under"
    if faults:
        raise RefusedError(faults)


_NOT_COVERED: Final = "not covered by the offline docker plugin"


def _with_defaults(build: Struct) -> Struct:
    context = build.get("context") or "."
    dockerfile = build.get("dockerfile") or os.path.normpath(f"{context}/Dockerfile")
    _require_dockerfile(context, dockerfile)
    machine = platform.machine()
    return {
        "platform": f"linux/{_ARCHITECTURES.get(machine, machine)}",
        **build,
        "context": context,
        "dockerfile": dockerfile,
        "contextDigest": context_digest(Path(context), Path(dockerfile)),
    }


def _require_dockerfile(context: str, dockerfile: str) -> None:
    if Path(dockerfile).exists():
        return
    missing = f"stat {dockerfile}: no such file or directory"
    if Path(dockerfile).is_absolute():
        raise PluginError(
            f'expected a relative Dockerfile path; got "{dockerfile}" instead: {missing}'
        )
    fault = f'could not open dockerfile at relative path "{dockerfile}"'
    inside = os.path.normpath(f"{context}/{dockerfile}")
    if Path(inside).exists():
        raise PluginError(f'{fault}. Try setting `dockerfile` to "{inside}"')
    raise PluginError(f"{fault}: {missing}")


def _without_login(inputs: Struct) -> Struct:
    """Inputs without the registry's user and password, which may change at any time."""
    registry = inputs.get("registry")
    if not isinstance(registry, dict):
        return inputs
    return {**inputs, "registry": {"server": registry.get("server")}}


async def _build_and_push(call: Call, inputs: Struct) -> Struct:
    name, build, registry = inputs["imageName"], inputs["build"], inputs.get("registry") or {}
    login = _login(name, registry)
    await call.log("info", "Building the image")
    await _build(call, name, build, login)
    outputs = {
        "__inputs": secret(inputs),
        "baseImageName": name,
        "context": build["context"],
        "dockerfile": os.path.relpath(build["dockerfile"], build["context"]),
        "imageName": name,
        "platform": build["platform"],
        "registryServer": registry.get("server") or "",
    }
    if inputs.get("skipPush"):
        return outputs
    await call.log("info", "Pushing Image to the registry")
    with _reading("push"):
        await docker("push", name, log=call.log, login=login, limit=TRANSFER_SECONDS)
    return {**outputs, "repoDigest": repo_digest(await inspect_image(name) or {}, name)}


def _login(name: str, registry: Struct) -> Credential | None:
    """The program's login; without a complete one the client uses the user's login."""
    if not (registry.get("username") and registry.get("password")):
        return None
    server = registry.get("server") or ImageName.parse(name).registry
    return Credential(server, registry["username"], registry["password"])


async def _build(call: Call, name: str, build: Struct, login: Credential | None) -> None:
    values: dict[str, Any] = build.get("args") or {}
    # Values are passed in the environment, so that no secret shows in the process list.
    environment = {key: str(value) for key, value in values.items()}
    environment["DOCKER_BUILDKIT"] = _BUILDKIT[build.get("builderVersion") or "BuilderBuildKit"]
    target = ["--target", build["target"]] if build.get("target") else []
    with _reading("build", refused="error building image: "):
        await docker(
            "build",
            "--force-rm",  # a build that fails leaves no container
            *["--tag", name, "--file", build["dockerfile"], "--platform", build["platform"]],
            *[part for key in sorted(values) for part in ("--build-arg", key)],
            *target,
            build["context"],
            log=call.log,
            environment=environment,
            login=login,
            limit=BUILD_SECONDS,
        )


@contextmanager
def _reading(what: str, *, refused: str = "") -> Iterator[None]:
    """Word a failure as the official plugin does.

    It tells what the engine refused at once from what went wrong in the output that it then read.
    """
    try:
        yield
    except PluginError as error:
        at_once = str(error).startswith(_REFUSED)
        before = refused if at_once else f"error reading {what} output: "
        raise PluginError(f"{before}{error}") from error
