"""kamal-proxy, as Kamal uses it: a new container beside the old, then one switch in the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from bench.peers.application import NAME, PORT, image, publish_program
from bench.peers.peer import Shell
from lab.layout import REGISTRY

PROXY: Final = "kamal-proxy"
IMAGE: Final = f"{REGISTRY}/{PROXY}:v0.9.2"
# Like the official image, on the lab's Debian.
DOCKERFILE: Final = f"""\
FROM {REGISTRY}/base/python:3.11
COPY {PROXY} /usr/local/bin/{PROXY}
CMD ["{PROXY}", "run"]
"""


@dataclass
class Kamal:
    """What `kamal deploy` does on one server, without Kamal's own Ruby and its locks."""

    shell: Shell
    name: str = "kamal-proxy 0.9.2"
    how: str = "docker pull; docker run; kamal-proxy deploy; docker stop"
    _running: str = field(default="", init=False)

    @contextmanager
    def deployed(self, version: str) -> Iterator[None]:
        """The proxy on port 80 of a network that it shares with the application."""
        publish_program(PROXY, IMAGE, DOCKERFILE)
        self.shell("docker network create kamal")
        self.shell(
            f"docker run -d --name {PROXY} --network kamal --restart unless-stopped"
            f" -p 80:80 --log-opt max-size=10m {IMAGE}"
        )
        self.change(version)
        yield

    def change(self, version: str) -> None:
        """Kamal's four commands, each over SSH."""
        name = f"{NAME}-web-{version}"
        self.shell(f"docker pull --quiet {image(version)}")
        self.shell(
            f"docker run -d --name {name} --network kamal --restart unless-stopped {image(version)}"
        )
        self.shell(
            f"docker exec {PROXY} {PROXY} deploy {NAME}-web --target {name}:{PORT}"
            " --health-check-path /up --deploy-timeout 30s --drain-timeout 30s"
        )
        if self._running:
            self.shell(f"docker stop --time 30 {self._running}")
        self._running = name
