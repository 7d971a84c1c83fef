"""Docker Compose: the published port goes from the old container to the new."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bench.peers.peer import Shell
from lab.command import run
from lab.layout import REGISTRY
from toolchain import peers

PLUGIN: Final = "/usr/local/lib/docker/cli-plugins/docker-compose"
FOLDER: Final = "hello"
FILE: Final = f"""\
services:
  web:
    image: {REGISTRY}/hello:${{VERSION}}
    ports: ["80:8000"]
    restart: unless-stopped
    stop_grace_period: 30s
"""
COPY_LIMIT: Final = 60.0  # seconds


@dataclass
class Compose:
    """`docker compose up -d`: it replaces the container in place."""

    shell: Shell
    name: str = "Docker Compose 2.40.3"
    how: str = "docker compose pull; docker compose up -d --wait"

    @contextmanager
    def deployed(self, version: str) -> Iterator[None]:
        """The plugin where Docker looks for it, and a project's folder."""
        self._install()
        self.shell(f"mkdir {FOLDER} && cat > {FOLDER}/compose.yaml", stdin=FILE)
        self.change(version)
        yield

    def change(self, version: str) -> None:
        """The version goes into the project's .env file. Pulling first makes the gap shorter."""
        compose = f"docker compose --project-directory {FOLDER} --progress quiet"
        self.shell(
            f"echo VERSION={version} > {FOLDER}/.env && {compose} pull && {compose} up -d --wait"
        )

    def _install(self) -> None:
        container = self.shell.server.container
        folder = PLUGIN.rpartition("/")[0]
        run(["docker", "exec", container, "mkdir", "-p", folder], limit=COPY_LIMIT)
        program = str(peers.program("compose"))
        run(["docker", "cp", program, f"{container}:{PLUGIN}"], limit=COPY_LIMIT)
