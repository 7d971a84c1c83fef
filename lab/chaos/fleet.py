"""Three servers that only chaos uses, and the sample shop on them."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from lab import lifecycle, servers
from lab.layout import Server, find
from lab.workspace import REPOSITORY, Workspace

STACK: Final = "staging"  # it builds its images, so that one stack is enough
SERVERS: Final = tuple(find(f"production-{number}") for number in (7, 8, 9))
LEASE: Final = 3.0  # seconds beyond what a plan waits for
SMOKE: Final = "SMOKE"  # a variable that only the tests of a release read
POLL: Final = 0.2  # seconds
ROLLOUT: Final[dict[str, dict[str, Any]]] = {
    "rolling": {"strategy": "rolling", "batch": 1, "bake": "2s"},
    "blue-green": {"strategy": "blue-green", "bake": "2s"},
    "canary": {
        "strategy": "canary",
        "bake": "2s",
        "canary": {"weights": [10, 50, 100], "hold": "2s"},
        "watch": {"min_requests": 10, "too_few": "fail"},
    },
}


@dataclass
class Fleet:
    """What people do with it, and what its servers say."""

    workspace: Workspace
    good: dict[str, str] = field(default_factory=dict)  # the web service's environment that works
    releases: int = 0

    def prepare(self) -> None:
        """Fresh servers with the shop's first release. Raises SlipwayError when that fails."""
        lifecycle.up(list(SERVERS))
        for server in SERVERS:
            servers.reset(server)
        self.workspace.ensure()
        addresses = {
            each.name: {"host": each.address, "private_address": each.address} for each in SERVERS
        }
        self.workspace.configure(STACK, version="v1", servers=addresses)
        self.good = self.next_release()
        self.configure("rolling", self.good)
        self.workspace.pulumi("up", "--stack", STACK, "--yes", "--skip-preview", limit=300)

    def next_release(self, **faults: str) -> dict[str, str]:
        """The environment of a release that no server has run, and that misbehaves as told."""
        self.releases += 1
        named = {k if k == SMOKE else f"MISBEHAVE_{k}": v for k, v in faults.items()}
        return {"RELEASE": str(self.releases), **named}

    def configure(self, strategy: str, environment: Mapping[str, str]) -> None:
        """What the next update will roll out, and how."""
        self.workspace.configure(
            STACK,
            application=_application(environment),
            rollout={**ROLLOUT[strategy], "lease": f"{LEASE:g}s"},
        )

    def up(self) -> subprocess.CompletedProcess[str]:
        """A whole `pulumi up`, whatever comes of it."""
        return self.workspace.attempt("up", "--stack", STACK, "--yes", "--skip-preview")

    @contextmanager
    def updating(self) -> Iterator[Update]:
        """A `pulumi up` that runs meanwhile, and is killed if it is still there at the end."""
        update = Update(self.workspace.start("up", "--stack", STACK, "--yes", "--skip-preview"))
        try:
            yield update
        finally:
            update.process.kill()
            update.process.wait(10)

    def changes(self) -> int:
        """How many resources a preview would change."""
        said = self.workspace.attempt("preview", "--stack", STACK, "--json")
        counts: dict[str, int] = json.loads(said.stdout)["changeSummary"]
        return sum(count for kind, count in counts.items() if kind != "same")

    def statuses(self) -> dict[str, dict[str, Any]]:
        """What each server's agent reports, by name; nothing of one that does not answer."""
        question = json.dumps({"application": "shop"})
        found = {}
        for server in SERVERS:
            answer = servers.ssh(server, "python3 .slipway/agent.pyz status", stdin=question)
            if answer.returncode == 0:
                found[server.name] = json.loads(answer.stdout)
        return found

    def serving(self) -> dict[str, str]:
        """The id of the release that each server serves."""
        return {
            name: status["serving"]["release"] if status["serving"] else ""
            for name, status in self.statuses().items()
        }

    def settle(self, limit: float) -> bool:
        """Wait until no server has a rollout under way; False when `limit` seconds are over."""
        return wait(self._idle, limit)

    def _idle(self) -> bool:
        found = self.statuses()
        return len(found) == len(SERVERS) and {s["phase"] for s in found.values()} == {"idle"}


class Update:
    """A running `pulumi up` and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def begun(self, step: str, server: Server, limit: float = 90.0) -> None:
        """Wait until Pulumi has begun a step on a server. Raises TimeoutError."""
        line = re.compile(rf"shop-{step}-{server.name} (creating|updating|replacing)")
        if not wait(lambda: any(map(line.search, self.lines)) or self.ended, limit):
            raise TimeoutError(f"{step} on {server.name} did not begin within {limit:g} s")

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)


def wait(happened: Callable[[], bool], limit: float) -> bool:
    """Whether something came to be so within `limit` seconds."""
    deadline = time.monotonic() + limit
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def _application(environment: Mapping[str, str]) -> dict[str, Any]:
    """The sample shop, small and quick to give up."""
    project = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text())
    application: dict[str, Any] = project["config"]["slipway:application"]["value"]
    application["images"] = {"chaos": application["images"].pop("shop")}
    for service in application["services"].values():
        service["image"] = "chaos"
        service["stop_grace"] = "3s"
        service["health"]["deadline"] = "8s"
    application["migration"]["timeout"] = "5s"
    web = application["services"]["web"]
    web["environment"] |= environment
    path = environment.get(SMOKE, "/health")
    application["smoke"] = [{"service": "web", "path": path, "retries": 0}]
    return application
