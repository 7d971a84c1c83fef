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
from lab.chaos.update import Update
from lab.command import end_session
from lab.layout import Server, find
from lab.workspace import REPOSITORY, Workspace
from slipway.errors import SlipwayError

STACK: Final = "staging"  # it builds its images, so that one stack is enough
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
class Wanted:
    """A release as people ask for it."""

    version: str = "v1"
    environment: Mapping[str, str] = field(default_factory=dict)  # of the web service
    replicas: int = 1  # of the web service


@dataclass
class Fleet:
    """What people do with it, and what its servers say."""

    workspace: Workspace
    stack: str = STACK
    servers: tuple[Server, ...] = SERVERS
    good: Wanted = Wanted()
    """The release that the servers are known to run well."""
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
        """Nothing of the servers stays, whatever state they are in."""
        lifecycle.remove(list(self.servers))
        shutil.rmtree(self._rivals, ignore_errors=True)

    @property
    def _rivals(self) -> Path:
        """Where the other machine that deploys has its files."""
        return self.workspace.root.with_name(f"{self.workspace.root.name}-rival")

    def next_release(self, *, new_image: bool = False, replicas: int = 1, **faults: str) -> Wanted:
        """A release that no server has run, and that misbehaves as told."""
        self.releases += 1
        named = {k if k == SMOKE else f"MISBEHAVE_{k}": v for k, v in faults.items()}
        version = f"ballast-{self.releases}" if new_image else "v1"
        return Wanted(version, {"RELEASE": str(self.releases), **named}, replicas)

    def configure(self, strategy: str, wanted: Wanted, *, warm: bool = False) -> None:
        """What the next update will roll out, and how."""
        rollout = {**ROLLOUT[strategy], "lease": f"{LEASE:g}s"}
        self.workspace.configure(
            self.stack,
            version=wanted.version,
            application=_application(wanted),
            overrides={"services": {"web": {"replicas": wanted.replicas}}},
            rollout=rollout | ({"warm": "10m"} if warm else {}),
        )

    def rival(self, stack: str = STACK) -> Fleet:
        """The same servers from another machine, which is about to deploy another release.

        It has a backend of its own. Under another stack's name it is another environment, and
        knows nothing of these servers.
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
        """A whole `pulumi up`, whatever comes of it."""
        return self.workspace.attempt(*UP, self.stack)

    @contextmanager
    def updating(self) -> Iterator[Update]:
        """A `pulumi up` that runs meanwhile; it and what it leaves are killed at the end."""
        update = Update(self.workspace.start(*UP, self.stack, apart=True))
        try:
            yield update
        finally:
            end_session(update.process)

    def changes(self) -> int:
        """How many resources a preview would change. Raises SlipwayError when it fails."""
        said = self.workspace.pulumi("preview", "--stack", self.stack, "--json", limit=120)
        counts: dict[str, int] = json.loads(said)["changeSummary"]
        return sum(count for kind, count in counts.items() if kind != "same")

    def statuses(self) -> dict[str, dict[str, Any]]:
        """What each server's agent reports, by name. Raises SlipwayError when one does not."""
        question = json.dumps({"application": "shop"})
        found = {}
        for server in self.servers:
            answer = servers.ssh(server, "python3 .slipway/agent.pyz status", stdin=question)
            if answer.returncode:
                raise SlipwayError(f"no status: {answer.stderr.strip()[-200:]}", where=server.name)
            found[server.name] = json.loads(answer.stdout)
        return found

    def serving(self) -> dict[str, str]:
        """The id of the release that each server serves."""
        return {
            name: status["serving"]["release"] if status["serving"] else ""
            for name, status in self.statuses().items()
        }

    def problems(self) -> list[str]:
        """What the agents find amiss, with the server's name."""
        return [
            f"{name}: {problem}"
            for name, status in self.statuses().items()
            for problem in status["problems"]
        ]

    def settle(self, limit: float) -> bool:
        """Wait until no server has a rollout under way; False when `limit` seconds are over.

        The agents are not called: a call would start a watchdog that is missing.
        """
        return waiting.until(lambda: all(_becomes_idle(each) for each in self.servers), limit)


def _becomes_idle(server: Server) -> bool:
    """Within 5 s; the server waits by itself, since to begin there takes longer than to look."""
    idle = """grep -q '"phase": "idle"' /home/deploy/.slipway/shop/state.json"""
    command = f"for i in $(seq 25); do {idle} && exit; sleep 0.2; done; exit 1"
    return servers.run(server, command).returncode == 0


def _application(wanted: Wanted) -> dict[str, Any]:
    """The sample shop, small and quick to give up."""
    project = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text())
    application: dict[str, Any] = project["config"]["slipway:application"]["value"]
    image = application["images"].pop("shop")
    application["images"] = {"chaos": image}
    if wanted.version != Wanted.version:
        image["context"] = str(BALLAST.relative_to(REPOSITORY))
    for service in application["services"].values():
        service["image"] = "chaos"
        service["stop_grace"] = "3s"
        service["health"]["deadline"] = "8s"
    application["migration"]["timeout"] = "5s"
    web = application["services"]["web"]
    web["environment"] |= wanted.environment
    path = wanted.environment.get(SMOKE, "/health")
    application["smoke"] = [{"service": "web", "path": path, "retries": 0}]
    return application
