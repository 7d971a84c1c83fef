"""Times previews, updates and rollouts on the lab, beside the bare steps: `make bench`."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import httpx
from rich import box
from rich.table import Table

from lab import lifecycle, servers
from lab.engine import docker
from lab.layout import REGISTRY, Environment, Server, environment_servers
from lab.load import Load, Result, percentile
from lab.progress import console, step
from lab.workspace import REPOSITORY, UPDATE_LIMIT, Workspace, default
from slipway.errors import SlipwayError

RUNS: Final = 3
UP: Final = ("up", "--yes", "--skip-preview")
RATE: Final = 250  # requests a second to each server
LEAST_RATE: Final = 200.0  # below, the load of a rolling update shows nothing
READY_LIMIT: Final = 30.0  # seconds
FLEETS: Final[dict[Environment, list[Server]]] = {
    "staging": environment_servers("staging", 1),
    "production": environment_servers("production", 3),
}


@dataclass
class Bench:
    """Seconds by what was timed, and what the load came to."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    loads: list[Result] = field(default_factory=list)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Add the seconds that the context lasts."""
        began = time.monotonic()
        yield
        self.seconds.setdefault(what, []).append(time.monotonic() - began)

    def repeat(self, what: str, action: Callable[[], object]) -> None:
        """Time an action that may be done again and again."""
        for _ in range(RUNS):
            with self.timed(what):
                action()


def main() -> int:
    """The exit status: 1 when a request failed, or the load was too small to show anything."""
    bench, workspace = Bench(), default()
    lifecycle.up([server for fleet in FLEETS.values() for server in fleet], step=step)
    workspace.ensure()
    with step("An empty Pulumi program, for reference"):
        _time_empty_program(bench)
    with step("The bare steps on one server"):
        for run in range(RUNS):
            _time_bare_steps(bench, FLEETS["staging"][0], f"bare-{_stamp()}-{run}")
    for run in range(RUNS):
        version = f"bench-{_stamp()}-{run}"
        for stack in FLEETS:
            with step(f"{version} to {stack}"):
                _time_version_change(bench, workspace, stack, version)
    for stack, fleet in FLEETS.items():
        with step(f"No change on {stack}"):
            run_it = partial(workspace.pulumi, limit=UPDATE_LIMIT)
            name = _size(fleet)
            bench.repeat(f"{name}: preview, no change", partial(run_it, "preview", "-s", stack))
            bench.repeat(f"{name}: up, no change", partial(run_it, *UP, "-s", stack))
    _report(bench)
    return 1 if any(load.failures or load.rate < LEAST_RATE for load in bench.loads) else 0


def _time_version_change(
    bench: Bench, workspace: Workspace, stack: Environment, version: str
) -> None:
    """A preview and an update under load; that of staging builds the image, too."""
    fleet = FLEETS[stack]
    name = _size(fleet)
    workspace.pulumi("config", "set", "--stack", stack, "version", version)
    with bench.timed(f"{name}: preview, new version"):
        workspace.pulumi("preview", "--stack", stack)
    addresses = [server.address for server in fleet]
    with Load(addresses, rate=RATE) as load, bench.timed(f"{name}: up, new version"):
        workspace.pulumi(*UP, "--stack", stack, limit=UPDATE_LIMIT)
    bench.loads += load.results()


def _time_bare_steps(bench: Bench, server: Server, version: str) -> None:
    """What no deployment can do without: pull, run, and wait until it answers."""
    image = f"{REGISTRY}/shop:{version}"
    build = ("build", "--quiet", "--build-arg", f"VERSION={version}", "--tag", image)
    docker(*build, str(REPOSITORY / "examples" / "shop"))
    docker("push", "--quiet", image)
    with bench.timed("bare, one server: docker pull"):
        _ssh(server, f"docker pull --quiet {image}")
    settings = "-e DATABASE_URL=postgresql://none/none -e REDIS_URL=redis://none:6379/0"
    with bench.timed("bare, one server: docker run"):
        _ssh(server, f"docker run -d --name bare -p 8999:8000 {settings} {image} web")
    with bench.timed("bare, one server: until it answers"):
        _wait(f"http://{server.address}:8999/health")
    _ssh(server, "docker rm --force bare")
    docker("image", "rm", image)


def _time_empty_program(bench: Bench) -> None:
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        workspace = Workspace(Path(folder))
        workspace.project.mkdir()
        (workspace.root / "backend").mkdir()
        (workspace.root / "passphrase").write_text("of an empty stack")
        (workspace.project / "Pulumi.yaml").write_text("name: empty\nruntime: python\n")
        (workspace.project / "__main__.py").write_text("import pulumi\n")
        workspace.pulumi("stack", "init", "empty")
        workspace.pulumi(*UP)
        bench.repeat("an empty program: preview", partial(workspace.pulumi, "preview"))
        bench.repeat("an empty program: up", partial(workspace.pulumi, *UP))


def _ssh(server: Server, command: str) -> None:
    done = servers.ssh(server, command)
    if done.returncode:
        raise SlipwayError(done.stderr.strip(), where=f"{server.name}: {command[:60]}")


def _wait(url: str) -> None:
    deadline = time.monotonic() + READY_LIMIT
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=1).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.02)
    raise SlipwayError(f"no answer within {READY_LIMIT:g} s", where=url)


def _size(fleet: list[Server]) -> str:
    return "1 server" if len(fleet) == 1 else f"{len(fleet)} servers"


def _stamp() -> str:
    return format(int(time.time()), "x")


def _report(bench: Bench) -> None:
    table = Table("seconds", "median", "least", "most", box=box.SIMPLE_HEAD)
    for what, seconds in bench.seconds.items():
        figures = (statistics.median(seconds), min(seconds), max(seconds))
        table.add_row(what, *(f"{figure:.2f}" for figure in figures))
    console.print(table)
    requests = sum(load.answers for load in bench.loads)
    failures = [failure for load in bench.loads for failure in load.failures]
    slowest = min((load.rate for load in bench.loads), default=0.0)
    latencies = sorted(seconds for load in bench.loads for seconds in load.latencies)
    shares = (f"p{share} {1000 * percentile(latencies, share):.0f} ms" for share in (50, 95, 99))
    kinds = sum((load.kinds for load in bench.loads), Counter[str]())
    console.print(
        f"Under load, at least {slowest:.0f} requests/s to each server:"
        f" {len(failures)} of {requests} requests failed"
        f" ({', '.join(f'{number} {kind}' for kind, number in kinds.items())};"
        f" {', '.join(shares)})"
    )
    for failure in failures[:10]:
        console.print(f"  {failure}")


if __name__ == "__main__":
    sys.exit(main())
