"""A server of the lab with the agent on it, and the releases that the tests put there."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from components.server import folder_command, install_command
from lab import registry
from lab.layout import REGISTRY, Server
from lab.load import Load
from slipway.agent.bundle import build
from slipway.protocol.installation import Installation
from slipway.protocol.messages import EXCHANGES, read_answer, write_request
from slipway.protocol.requests import RegistryLogin, Rollout
from slipway.rollout.context import RolloutContext
from slipway.rollout.release import Health, Release, Service, Task
from slipway.rollout.state import Proxy, Retention
from slipway.rollout.step import Step
from slipway.rollout.watch import Watch
from tests.agent.connection import Connection

INSTALLATION = Installation("shop", "test")
AGENT, FOLDER = INSTALLATION.agent, INSTALLATION.folder
NETWORK = "172.31.240.0/24"
TOKEN = "hunter2-is-secret"
LOAD = 100  # requests a second
CLIENTS = 20  # enough that a slow release alone does not hold the others up

# Not on http.server, which takes three times as long to start, and is started hundreds of times.
APPLICATION = """
import itertools, os, signal, socketserver, sys, threading, time

requests = itertools.count(1)
talks_from = time.monotonic() + float(os.environ.get("TALK_AFTER", 1e6))

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while asked := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            self.answer(asked.split()[1])
    def answer(self, path):
        if path == b"/ready" and time.monotonic() > talks_from:
            self.wfile.write(b"HTTP/1.1 200 Answer\\r\\n")
            while True:  # a head that never ends
                self.wfile.write(b"X: y\\r\\n")
                time.sleep(0.2)
        ready = path != b"/ready" or "UNREADY" not in os.environ
        status = self.misbehave(path) if ready else 503
        body = os.environ["SLIPWAY_VERSION"]
        if path == b"/version":
            body = f'{{"version": "{body}"}}'
        head = f"HTTP/1.1 {status} Answer\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n"
        self.wfile.write((head + body).encode())
    def misbehave(self, path):
        # Under users' traffic only, which is never for /ready.
        number = next(requests) if path != b"/ready" else 0
        if number == 100 and "LOG" in os.environ:
            print(os.environ["LOG"].replace("TOKEN", os.environ["TOKEN"]), flush=True)
        if number:
            time.sleep(float(os.environ.get("SLOW", 0)))
        return 500 if number and number % int(os.environ.get("FAIL_EVERY", 1 << 30)) == 0 else 200

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256
    def handle_error(self, request, address):
        pass

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if "CRASH" in os.environ:
    sys.exit("cannot start with " + os.environ["TOKEN"])
if "CRASH_AFTER" in os.environ:
    threading.Timer(float(os.environ["CRASH_AFTER"]), lambda: os._exit(4)).start()
Server(("", 8000), Handler).serve_forever()
"""
IDLING = "import os, signal, time\nsignal.signal(15, lambda *_: os._exit(0))\ntime.sleep(1e6)"


@cache
def digest(name: str, tag: str) -> str:
    """The reference by digest of an image in the lab's registry."""
    return f"{REGISTRY}/{name}@{registry.digest(name, tag)}"


def release(
    version: str,
    *,
    image: str = "",
    replicas: int = 1,
    worker: bool = False,
    deadline: float = 10.0,
    migration: str = "",
    path: str = "/ready",
    **environment: str,
) -> Release:
    """A web service, and a worker if asked for; `environment` makes the web service misbehave.

    Both are the exception: to start and stop a container takes half a second of a processor.
    """
    image = image or digest("base/python", "3.11")
    web = Service(
        "web",
        image,
        command=("python3", "-c", APPLICATION),
        port=8000,
        replicas=replicas,
        health=Health(kind="http", path=path, deadline=deadline),
        environment=environment,
        secrets=("TOKEN",),
        stop_grace=3.0,
    )
    idle = Service(
        "worker",
        image,
        command=("python3", "-c", IDLING),
        health=Health(kind="command", command=("true",)),
        stop_grace=3.0,
    )
    run = Task("web", ("python3", "-c", migration), timeout=20) if migration else None
    return Release("shop", version, (web, idle) if worker else (web,), run)


@dataclass(frozen=True)
class Result:
    """What one call of the agent came to; `answer` is None where it failed."""

    code: int
    answer: Any
    progress: str

    @property
    def error(self) -> str:
        """The line that says what went wrong."""
        return self.progress.splitlines()[-1] if self.code else ""


@dataclass(frozen=True)
class AgentHost:
    """One server with the agent."""

    server: Server
    folder: Path
    connection: Connection
    rollouts: list[str] = field(default_factory=lambda: ["none"])  # names; each pull begins one

    def install(self) -> None:
        archive = build(self.folder)
        subprocess.run(
            ["docker", "cp", str(archive), f"{self.server.container}:/opt/{archive.name}"],
            check=True,
            capture_output=True,
        )
        self.sh(folder_command(INSTALLATION))
        self.sh(f"cp /opt/{archive.name} {FOLDER}/")
        self.sh(f"echo life | {{ {install_command(INSTALLATION, archive.name)}; }}")

    def sh(self, command: str) -> str:
        """As the deploy user."""
        done = self.connection.run(command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def call(
        self, step: str, wanted: Release | None = None, *, command: str = "", **changes: Any
    ) -> Result:
        """One step; `changes` replace fields of its request, or of the rollout in it."""
        asked = Step(step)
        text = write_request(self.request(asked, wanted, **changes))
        program = command or f"python3 {AGENT}"
        done = self.connection.run(f"{program} {step}", stdin=text, limit=120)
        answer = read_answer(asked, done.stdout) if done.stdout else None
        return Result(done.returncode, answer, done.stderr)

    def request(self, step: str, wanted: Release | None = None, **changes: Any) -> Any:
        """What the program sends for a step."""
        kind = EXCHANGES[Step(step)].request
        names = {each.name for each in fields(kind)}
        values: dict[str, Any] = {
            "registry": RegistryLogin(REGISTRY, None, None),
            "proxy": Proxy(image=digest("haproxy", "2.6"), http_port=80, network=NETWORK),
            "certificate": "", "hosts": {}, "secrets": {"TOKEN": TOKEN}, "release": wanted,
            "disk_free": 0, "images": (), "domains": (), "network": NETWORK,
            "weight": 100, "pause": 0.0, "bake": 0.5, "watch": Watch(), "peer_aborted": False,
            "service": "", "minutes": 0.0, "lines": 100, "database": "db",
        }  # fmt: skip
        values |= {"target": INSTALLATION.target(self.server.name)}
        if "rollout" in names:
            values["rollout"] = self._rollout(step, wanted, changes)
        return kind(**{name: each for name, each in {**values, **changes}.items() if name in names})

    def _rollout(self, step: str, wanted: Release | None, changes: dict[str, Any]) -> Rollout:
        assert wanted is not None, f"{step} is about a release"
        if step == Step.PULL:
            self.rollouts.append(f"rollout{len(self.rollouts) + 1}")
        return Rollout(
            release=wanted.id,
            version=wanted.version,
            context=changes.pop("context", RolloutContext("what was", self.rollouts[-1], {})),
            lease=changes.pop("lease", 600.0),
            retention=changes.pop("retention", Retention(retain=1)),
        )

    def roll_out(self, wanted: Release, **changes: Any) -> None:
        tests = ["smoke"] if wanted.smoke else []
        for step in ("pull", "start", *tests, "switch", "prepare", "commit"):
            done = self.call(step, wanted, **changes)
            assert done.code == 0, done.progress

    def start(self, wanted: Release, **changes: Any) -> Result:
        """Until the release is ready beside the one that serves; the last step's result."""
        pulled = self.call("pull", wanted, **changes)
        return pulled if pulled.code else self.call("start", wanted, **changes)

    def version(self) -> str:
        """What a user gets."""
        return httpx.get(f"http://{self.server.address}/", timeout=5).text

    def load(self) -> Load:
        """What users ask for meanwhile: constant requests, each of which counts."""
        return Load([self.server.address], rate=LOAD, clients=CLIENTS)

    def status(self) -> Any:
        """A StatusAnswer."""
        done = self.call("status")
        assert done.code == 0, done.progress
        return done.answer

    def problems(self) -> list[str]:
        return list(self.status().problems)

    def containers(self) -> dict[str, str]:
        """State by name of all containers of the application's services."""
        lines = self.sh("docker ps --all --format '{{.Names}} {{.State}}'").splitlines()
        return {
            name: state
            for name, state in (line.split() for line in lines)
            if not name.endswith("-proxy")
        }
