"""`command:remote:CopyToRemote`: a file or a folder copied to a server by SFTP."""

from __future__ import annotations

import os
import posixpath
import secrets
from pathlib import Path
from typing import Any

import asyncssh
from typing_extensions import override

from ..resource import Call, PluginError, RefusedError, Resource
from ..values import ARCHIVE_MARK, SIGNATURE, UNKNOWN, Struct, is_asset, plain
from .dial import check_connection, dial


class CopyToRemote(Resource):
    """Copies when the content's hash or the remote path changed; never deletes."""

    tok = "command:remote:CopyToRemote"
    properties = frozenset({"connection", "remotePath", "source", "triggers"})

    @override
    async def check(self, inputs: Struct) -> Struct:
        connection = check_connection(inputs.get("connection"))
        return {**inputs, "connection": connection, "source": _check_source(inputs.get("source"))}

    @override
    async def create(self, call: Call, inputs: Struct) -> tuple[str, Struct]:
        if call.preview:
            return "", {**inputs, "source": UNKNOWN}
        await _copy(inputs)
        return secrets.token_hex(4), _state(inputs)

    @override
    async def update(self, call: Call, state: Struct, inputs: Struct) -> Struct:
        if call.preview:
            return {**inputs, "source": UNKNOWN}
        before, after = plain(state), plain(inputs)
        moved = before["remotePath"] != after["remotePath"]
        if moved or before["source"].get("hash") != after["source"].get("hash"):
            await _copy(inputs)
        return _state(inputs)


def _check_source(source: Any) -> Any:
    asset = plain(source)
    if not is_asset(asset):  # unknown until another resource exists
        return source
    if not asset.get("path"):
        kind = "archive" if asset[SIGNATURE] == ARCHIVE_MARK else "asset"
        raise RefusedError({kind: f"{kind} must be a path-based file {kind}"})
    return _filled(source)


def _filled(source: Struct) -> Struct:
    empty = {"uri": ""} if source.get(SIGNATURE) == ARCHIVE_MARK else {"text": "", "uri": ""}
    return {**empty, **source}


def _state(inputs: Struct) -> Struct:
    return {**inputs, "source": _filled(inputs["source"])}


async def _copy(inputs: Struct) -> None:
    source, target = plain(inputs["source"])["path"], plain(inputs["remotePath"])
    async with dial(inputs["connection"]) as server, server.start_sftp_client() as sftp:
        try:
            await _put(sftp, source, target)
        except asyncssh.SFTPError as error:
            raise PluginError(
                f"failed to copy {source} to remote path {target}: {error.reason}"
            ) from error
        except OSError as error:
            raise PluginError(f"open {source}: {error.strerror}") from error


async def _put(sftp: asyncssh.SFTPClient, source: str, target: str) -> None:
    """Copies a file to `target`, or below it if that is a folder; a folder always below.

    A folder keeps its own name there, unless the source ends in a slash: then only its content
    is copied. Missing parent folders are made.
    """
    local = Path(source)
    if not local.is_dir():
        if await sftp.isdir(target):
            target = f"{target}/{local.name}"
        else:
            await _make_parents(sftp, target)
        await _put_file(sftp, local, target)
        return
    await _make_parents(sftp, target)
    await _ensure_folder(sftp, target)
    if not source.endswith("/"):
        target = f"{target}/{local.name}"
    for folder, _, files in sorted(os.walk(local)):
        below = f"{target}/{Path(folder).relative_to(local)}".removesuffix("/.")
        await _ensure_folder(sftp, below)
        for name in sorted(files):
            await _put_file(sftp, Path(folder, name), f"{below}/{name}")


async def _make_parents(sftp: asyncssh.SFTPClient, path: str) -> None:
    try:
        await sftp.makedirs(posixpath.dirname(path) or ".", exist_ok=True)
    except asyncssh.SFTPError as error:
        raise PluginError(
            f"failed to create parent directories for {path}: {error.reason}"
        ) from error


async def _ensure_folder(sftp: asyncssh.SFTPClient, path: str) -> None:
    if not await sftp.exists(path):
        await sftp.mkdir(path)
    elif not await sftp.isdir(path):
        raise PluginError(f"remote path {path} exists but is not a directory")


async def _put_file(sftp: asyncssh.SFTPClient, local: Path, remote: str) -> None:
    """Copies content only: modes are the server's defaults, as with the official plugin."""
    async with sftp.open(remote, "wb") as file:
        await file.write(local.read_bytes())
