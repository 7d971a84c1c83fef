"""What the plugins work on: a real SSH server, a real engine, a real registry."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import engine

from . import plugin as plugins
from . import sshd as servers
from .plugin import Plugin, login_at
from .sshd import Sshd, free_port, require, wait_for_port

REGISTRY = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with servers.running(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(scope="session")
def sshd_with_passwords(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server that lets users log in by password, too."""
    with servers.running(tmp_path_factory.mktemp("sshd"), passwords=True) as server:
        yield server


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which plugins run, with the recorded program's files."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "file.txt").write_text("hello\n")
    (folder / "build").mkdir()
    (folder / "build" / "Dockerfile").write_text(
        "FROM scratch\nARG V\nLABEL v=$V\nCOPY Dockerfile /\n"
    )
    return folder


@pytest.fixture
def command(project: Path) -> Iterator[Plugin]:
    with plugins.running("command", project) as plugin:
        plugin.configure({})
        yield plugin


@pytest.fixture
def docker(project: Path, registry: str) -> Iterator[Plugin]:
    """Speaks plain http to the registry."""
    with plugins.running("docker", project) as plugin:
        plugin.configure(login_at(registry))
        yield plugin


@pytest.fixture(scope="session")
def docker_engine() -> None:
    if not engine.running():
        engine.ensure()


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory, docker_engine: None) -> Iterator[str]:
    """A registry's address, plain http on loopback, with `app:5` in it."""
    folder, port = tmp_path_factory.mktemp("registry"), free_port()
    (folder / "config.yml").write_text(REGISTRY.format(folder=folder / "data", port=port))
    program = require("docker-registry", "docker-registry")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "serve", folder / "config.yml"], stdout=log, stderr=subprocess.STDOUT
        )
    address = f"localhost:{port}"
    try:
        wait_for_port(port)
        _seed(folder, f"{address}/app:5")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)
        _forget(address)


def _seed(folder: Path, name: str) -> None:
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    context = folder / "app"
    context.mkdir()
    (folder / "Dockerfile").rename(context / "Dockerfile")
    build = ["docker", "build", "--quiet", "--tag", name, str(context)]
    for arguments in (build, ["docker", "push", name], ["docker", "image", "rm", name]):
        subprocess.run(
            arguments, check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def _forget(address: str) -> None:
    """Takes the tests' images out of an engine that others use too."""
    listing = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]
    images = subprocess.run(listing, check=True, capture_output=True, text=True, timeout=60).stdout
    ours = [name for name in images.split() if name.startswith(f"{address}/")]
    if ours:
        subprocess.run(
            ["docker", "image", "rm", *ours], check=True, timeout=60, stdout=subprocess.DEVNULL
        )
