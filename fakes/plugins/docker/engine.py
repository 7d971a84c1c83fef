"""The configured Docker Engine, through the `docker` client."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import shlex
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ..resource import Log, PluginError
from .settings import Credential, current

TRANSFER_SECONDS: Final = 1200.0  # a pull or a push, as long as the official plugin allows
BUILD_SECONDS: Final = 3600.0
_QUICK_SECONDS: Final = 60.0
_LINE_LIMIT: Final = 1024 * 1024
_ERROR_LINES: Final = 20
# The deprecation notice of a client without BuildKit: one paragraph.
_NOTICE: Final = re.compile(r"^DEPRECATED.*?(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)


async def docker(
    *arguments: str,
    log: Log | None = None,
    environment: dict[str, str] | None = None,
    login: Credential | None = None,
    limit: float = _QUICK_SECONDS,
) -> str:
    """Run the client and return what it printed; `limit` is in seconds.

    Lines go to `log` as they come. Raises PluginError with the last lines of the client's errors.
    """
    client = shutil.which("docker")
    if client is None:
        raise PluginError(
            "the docker client is not on PATH. Install it (Debian: apt-get install docker.io)"
        )
    with _login_variables(login) as variables:
        host = ["--host", current.host] if current.host else []
        process = await asyncio.create_subprocess_exec(
            client,
            *host,
            *arguments,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            limit=_LINE_LIMIT,
            env={**os.environ, **(environment or {}), **variables},
        )
        try:
            async with asyncio.timeout(limit):
                printed, errors = await asyncio.gather(
                    _follow(process.stdout, log), _follow(process.stderr, log)
                )
                status = await process.wait()
        except TimeoutError as error:
            process.kill()
            message = f"docker {arguments[0]}: it did not finish within {limit:.0f} s"
            raise PluginError(message) from error
    if status:
        last = _NOTICE.sub("", "\n".join(errors)).strip().splitlines()[-_ERROR_LINES:]
        raise PluginError("\n".join(last) or f"docker {arguments[0]}: exit status {status}")
    return "\n".join(printed)


async def inspect_image(name: str) -> dict[str, Any] | None:
    """The engine's description of an image, or None if it does not have it."""
    try:
        found = await docker("image", "inspect", name)
    except PluginError as error:
        if "no such image" in str(error).lower():
            return None
        raise
    description: dict[str, Any] = json.loads(found)[0]
    return description


def repo_digest(description: dict[str, Any], name: str) -> str:
    """`repository@sha256:...` of the image in the repository of its name, else empty."""
    repository = name.partition("@")[0]
    if ":" in repository.rpartition("/")[2]:
        repository = repository.rpartition(":")[0]
    digests: list[str] = description.get("RepoDigests") or []
    ours = [digest for digest in digests if digest.partition("@")[0] == repository]
    return next(iter(ours or digests), "")


async def _follow(stream: asyncio.StreamReader | None, log: Log | None) -> list[str]:
    lines: list[str] = []
    async for line in _lines(stream):
        lines.append(line)
        if log is not None and line:
            await log("info", line)
    return lines


async def _lines(stream: asyncio.StreamReader | None) -> AsyncIterator[str]:
    while stream is not None and (line := await stream.readline()):
        yield line.decode(errors="replace").rstrip()


@contextmanager
def _login_variables(login: Credential | None) -> Iterator[dict[str, str]]:
    """Environment variables for a login and for ssh options, with the files that they name."""
    variables: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="pulumi-docker-") as name:
        folder = Path(name)
        if login is not None and login.username:
            _write_private(folder / "config.json", json.dumps(_client_config(login)))
            variables["DOCKER_CONFIG"] = name
        if current.ssh_options and current.host.startswith("ssh://"):
            _write_ssh(folder / "bin" / "ssh")
            variables["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        yield variables


def _client_config(login: Credential) -> dict[str, Any]:
    """The user's client configuration with one login, without a credential store before it."""
    home = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    config: dict[str, Any] = {}
    if (home / "config.json").is_file():
        config = json.loads((home / "config.json").read_text())
        config.pop("credsStore", None)
    token = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    config["auths"] = {**config.get("auths", {}), login.registry: {"auth": token}}
    config["cliPluginsExtraDirs"] = [str(home / "cli-plugins")]
    return config


def _write_ssh(path: Path) -> None:
    """An `ssh` that adds the configured options: the docker client cannot pass them."""
    path.parent.mkdir()
    options = shlex.join([shutil.which("ssh") or "ssh", *current.ssh_options])
    _write_private(path, f'#!/bin/sh\nexec {options} "$@"\n')
    path.chmod(0o700)


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
