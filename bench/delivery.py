"""Previews and updates of the sample shop on one server and on three: the benchmark's default."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import yaml

from bench import bare
from bench.answer import answers
from bench.report import Report
from bench.seconds import Seconds
from bench.traffic import Traffic
from lab import lifecycle
from lab.engine import docker
from lab.layout import REGISTRY, Environment, Server, environment_servers
from lab.load import Load
from lab.progress import step
from lab.workspace import REPOSITORY, UPDATE_LIMIT, Workspace, default
from slipway.settings.quantity import parse_duration

RUNS: Final = 3
RATE: Final = 250  # requests a second to each server
UP: Final = ("up", "--yes", "--skip-preview")
BUILD: Final = "bare: docker build and push"
IMAGE: Final = f"{REGISTRY}/shop"
SETTINGS: Final = "-e DATABASE_URL=postgresql://none/none -e REDIS_URL=redis://none:6379/0"
FLEETS: Final[dict[Environment, list[Server]]] = {
    "staging": environment_servers("staging", 1),
    "production": environment_servers("production", 3),
}


def measure() -> list[Report]:
    """On the demo's stacks. Raises SlipwayError when a command fails."""
    lifecycle.up([server for fleet in FLEETS.values() for server in fleet], step=step)
    delivery = Delivery(default(), FLEETS)
    delivery.workspace.ensure()
    delivery.measure()
    return [delivery.report()]


@dataclass(frozen=True)
class Delivery:
    """The stacks of a workspace, each with its servers, in the order of promotion."""

    workspace: Workspace
    fleets: Mapping[Environment, list[Server]]
    seconds: Seconds = field(default_factory=Seconds)
    traffic: Traffic = field(default_factory=Traffic)

    def measure(self) -> None:
        """Everything, one after the other."""
        with step("An empty Pulumi program, for reference"):
            self._time_empty_program()
        with step("The bare steps on one server"):
            for run in range(RUNS):
                self._time_bare_steps(f"bare-{_stamp()}-{run}")
        self._first_deployment()
        for run in range(RUNS):
            version = f"bench-{_stamp()}-{run}"
            for stack in self.fleets:
                with step(f"{version} to {stack}"):
                    self._time_version_change(stack, version)
        for stack, fleet in self.fleets.items():
            with step(f"No change on {stack}"):
                run_it = partial(self.workspace.pulumi, limit=UPDATE_LIMIT)
                name, where = size(fleet), ("--stack", stack)
                again = self.seconds.repeat
                again(f"{name}: preview, no change", RUNS, partial(run_it, "preview", *where))
                again(f"{name}: up, no change", RUNS, partial(run_it, *UP, *where))

    def report(self) -> Report:
        """Every time, and how much of an update is neither bare steps nor bake time."""
        report = Report("Deliveries of the sample shop", ("seconds", "median", "least", "most"))
        for what, taken in self.seconds.items():
            report.add(what, self.seconds.median(what), min(taken), max(taken))
        for stack, fleet in self.fleets.items():
            update = self.seconds.median(f"{size(fleet)}: up, new version")
            built = self.seconds.median(BUILD) if stack == "staging" else 0.0
            watched = bake_time(self.workspace, stack) * len(fleet)
            own = update - built - watched - bare.total(self.seconds)
            name = f"{size(fleet)}: of which neither bare steps nor bake time"
            report.add(name, own, "", "")
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in self.traffic.kinds.items())
        shares = ", ".join(
            f"p{share} {self.traffic.milliseconds(share):.0f} ms" for share in (50, 95, 99)
        )
        report.notes.append(
            f"Under at least {self.traffic.slowest_rate:.0f} requests/s to each server during the"
            f" updates, {len(self.traffic.failures)} of {self.traffic.requests:,} requests failed"
            f" ({kinds}; {shares})."
        )
        report.faults += self.traffic.faults()
        return report

    def _first_deployment(self) -> None:
        """Deploy a version unless every server has one: a load needs servers that answer."""
        everywhere = [server for fleet in self.fleets.values() for server in fleet]
        with httpx.Client(trust_env=False, timeout=1) as client:
            if all(answers(client, f"http://{each.address}/version") for each in everywhere):
                return
        version = f"bench-{_stamp()}-first"
        for stack in self.fleets:
            with step(f"{version} to {stack}, which is not timed"):
                self._set_version(stack, version)
                self.workspace.pulumi(*UP, "--stack", stack, limit=UPDATE_LIMIT)

    def _time_version_change(self, stack: Environment, version: str) -> None:
        """A preview and an update under load; the update of staging includes the build."""
        fleet = self.fleets[stack]
        self._set_version(stack, version)
        with self.seconds.timed(f"{size(fleet)}: preview, new version"):
            self.workspace.pulumi("preview", "--stack", stack)
        addresses = [server.address for server in fleet]
        update = self.seconds.timed(f"{size(fleet)}: up, new version")
        with Load(addresses, rate=RATE) as load, update:
            self.workspace.pulumi(*UP, "--stack", stack, limit=UPDATE_LIMIT)
        self.traffic.results += load.results()

    def _time_bare_steps(self, version: str) -> None:
        image = f"{IMAGE}:{version}"
        build = ("build", "--quiet", "--build-arg", f"VERSION={version}", "--tag", image)
        with self.seconds.timed(BUILD):
            docker(*build, str(REPOSITORY / "examples" / "shop"))
            docker("push", "--quiet", image)
        first = next(iter(self.fleets.values()))[0]
        run = f"{SETTINGS} {{}} web"
        try:
            bare.time_steps(self.seconds, first, image, path="/health", run=run)
        finally:
            docker("image", "rm", image)

    def _time_empty_program(self) -> None:
        with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
            workspace = Workspace(Path(folder))
            workspace.project.mkdir()
            (workspace.root / "backend").mkdir()
            (workspace.root / "passphrase").write_text("of an empty stack")
            (workspace.project / "Pulumi.yaml").write_text("name: empty\nruntime: python\n")
            (workspace.project / "__main__.py").write_text("import pulumi\n")
            workspace.pulumi("stack", "init", "empty")
            workspace.pulumi(*UP)
            again = self.seconds.repeat
            again("an empty program: preview", RUNS, partial(workspace.pulumi, "preview"))
            again("an empty program: up", RUNS, partial(workspace.pulumi, *UP))

    def _set_version(self, stack: Environment, version: str) -> None:
        self.workspace.pulumi("config", "set", "--stack", stack, "version", version)


def bake_time(workspace: Workspace, stack: Environment) -> float:
    """Seconds of bake time of each batch, which is one server in the lab."""
    content = yaml.safe_load(workspace.stack_file(stack).read_text())
    return parse_duration(content["config"]["slipway:rollout"]["bake"])


def size(fleet: Sequence[Server]) -> str:
    """`1 server`, `3 servers`."""
    return "1 server" if len(fleet) == 1 else f"{len(fleet)} servers"


def _stamp() -> str:
    return format(int(time.time()), "x")
