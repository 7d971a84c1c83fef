"""Servers that only chaos uses, and the sample shop on them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from lab import lifecycle, servers, waiting
from lab.command import kill_session
from lab.layout import Server, find
from lab.update import Update
from lab.workspace import REPOSITORY, Workspace
from slipway.protocol.answers import StatusAnswer
from slipway.protocol.installation import Installation

STACK: Final = "staging"  # it builds its images, so that one stack is enough
INSTALLATION: Final = Installation("shop", STACK)
HOME: Final = f"/home/deploy/{INSTALLATION.folder}"
OTHER: Final = "production"  # what the stack of another environment is called
SERVERS: Final = tuple(find(f"production-{number}") for number in (7, 8, 9))
UP: Final = ("up", "--yes", "--skip-preview", "--stack")
BALLAST: Final = Path(__file__).parent / "image"
LEASE: Final = 3.0  # seconds beyond what a plan waits for
SMOKE: Final = "SMOKE"  # a variable that only the tests of a release read
WATCH: Final = {"min_requests": 10, "p95": "500ms"}
ROLLOUT: Final[dict[str, dict[str, Any]]] = {
    "rolling": {"strategy": "rolling", "batch": 1, "bake": "2s", "watch": WATCH},
    "blue-green": {"strategy": "blue-green", "bake": "2s", "watch": WATCH},
    "canary": {
        "strategy": "canary",
        "bake": "2s",
        "canary": {"weights": [25, 50, 100], "hold": "2s"},
        "watch": {**WATCH, "hold_limit": "6s"},
    },
}


@dataclass(frozen=True)
class DesiredRelease:
    """A release as the stack file describes it."""

    version: str = "v1"
    environment: Mapping[str, str] = field(default_factory=dict)  # of the web service
    replicas: int = 1  # of the web service


@dataclass
class Fleet:
    """A stack on these servers: its commands, and what the servers report."""

    workspace: Workspace
    stack: str = STACK
    servers: tuple[Server, ...] = SERVERS
    good: DesiredRelease = DesiredRelease()
    """The last release that was deployed successfully."""
    releases: int = 0

    def prepare(self) -> None:
        """Fresh servers with the shop's first release. Raises SlipwayError when that fails."""
        self.remove()
        lifecycle.up(list(self.servers))
        self.workspace.ensure()
        self.workspace.attempt("cancel", "--yes", self.stack)
        addresses = {
            each.name: {"host": each.address, "private_address": each.address}
            for each in self.servers
        }
        self.workspace.configure(self.stack, servers=addresses)
        self.good = self.next_release()
        self.configure("rolling", self.good)
        self.workspace.pulumi(*UP, self.stack, limit=300)

    def remove(self) -> None:
        """Remove the servers with their disks, in whatever state they are."""
        lifecycle.remove(list(self.servers))
        shutil.rmtree(self._rivals, ignore_errors=True)

    @property
    def _rivals(self) -> Path:
        """The files of a rival deployer."""
        return self.workspace.root.with_name(f"{self.workspace.root.name}-rival")

    def next_release(
        self, *, new_image: bool = False, replicas: int = 1, **faults: str
    ) -> DesiredRelease:
        """A release that no server has run, with these faults."""
        self.releases += 1
        named = {k if k == SMOKE else f"MISBEHAVE_{k}": v for k, v in faults.items()}
        version = f"ballast-{self.releases}" if new_image else "v1"
        return DesiredRelease(version, {"RELEASE": str(self.releases), **named}, replicas)

    def configure(self, strategy: str, desired: DesiredRelease, *, warm: bool = False) -> None:
        """Configure what the next update rolls out, and how."""
        rollout = {**ROLLOUT[strategy], "lease": f"{LEASE:g}s"}
        self.workspace.configure(
            self.stack,
            version=desired.version,
            application=_application(desired),
            overrides={"services": {"web": {"replicas": desired.replicas}}},
            rollout=rollout | ({"warm": "10m"} if warm else {}),
        )

    def rival(self, stack: str = STACK) -> Fleet:
        """Another deployer of these servers, configured to deploy another release.

        It has a copy of the backend. Under the name of another stack it is another environment,
        whose state has none of these servers.
        """
        root = self._rivals
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.workspace.root, root)
        shutil.rmtree(root / "backend" / ".pulumi" / "locks", ignore_errors=True)
        rival = Fleet(Workspace(root), stack, self.servers, releases=self.releases + 1000)
        if stack != self.stack:
            shutil.copy(self.workspace.stack_file(self.stack), rival.workspace.stack_file(stack))
        rival.workspace.ensure()
        rival.configure("rolling", rival.next_release())
        return rival

    def up(self) -> subprocess.CompletedProcess[str]:
        """`pulumi up`, whatever its exit status."""
        return self.workspace.attempt(*UP, self.stack)

    @contextmanager
    def updating(self) -> Iterator[Update]:
        """`pulumi up` in the background; it and its children are killed at the end."""
        update = Update(self.workspace.start(*UP, self.stack, own_session=True))
        try:
            yield update
        finally:
            kill_session(update.process)

    def planned(self) -> set[str]:
        """The names of the resources that a preview would change. Raises SlipwayError."""
        said = self.workspace.pulumi("preview", "--stack", self.stack, "--json", limit=120)
        steps = json.loads(said)["steps"]
        return {each["urn"].rpartition("::")[2] for each in steps if each["op"] != "same"}

    def statuses(self) -> dict[str, StatusAnswer]:
        """What each server's agent reports, by name. Raises SlipwayError without an answer."""
        return {each.name: servers.agent_status(each, INSTALLATION) for each in self.servers}

    def serving(self) -> dict[str, str]:
        """The id of the release that each server serves."""
        return {
            name: status.serving.release if status.serving else ""
            for name, status in self.statuses().items()
        }

    def problems(self) -> list[str]:
        """The problems that the agents report, with the server's name."""
        return [
            f"{name}: {problem}"
            for name, status in self.statuses().items()
            for problem in status.problems
        ]

    def settle(self, limit: float) -> bool:
        """Wait until no server has a rollout in progress; False after `limit` seconds.

        The state files are read without the agents, which could change what they report.
        """
        return waiting.until(lambda: all(map(_idle, self.servers)), limit)


def _idle(server: Server) -> bool:
    command = f"""grep -q '"phase": "idle"' {HOME}/state.json"""
    return servers.run(server, command).returncode == 0


def _application(desired: DesiredRelease) -> dict[str, Any]:
    """The sample shop with one replica and short time limits."""
    project = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text())
    application: dict[str, Any] = project["config"]["slipway:application"]["value"]
    image = application["images"].pop("shop")
    application["images"] = {"chaos": image}
    if desired.version != DesiredRelease.version:
        image["context"] = str(BALLAST.relative_to(REPOSITORY))
    for service in application["services"].values():
        service["image"] = "chaos"
        service["stop_grace"] = "3s"
        service["health"]["deadline"] = "8s"
    for accessory in application["accessories"].values():
        accessory["stop_grace"] = "3s"
        accessory["health"]["deadline"] = "20s"
    application["migration"]["timeout"] = "5s"
    web = application["services"]["web"]
    web["environment"] |= desired.environment
    path = desired.environment.get(SMOKE, "/health")
    application["smoke"] = [{"service": "web", "path": path, "retries": 0}]
    return application
