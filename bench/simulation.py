"""Runs the whole program for a preview with many servers that do not exist, and says its costs.

`python -m bench.simulation 1000` is a process of its own: its peak memory is that of one plan.
The program is the real one. Servers answer by a program that takes the place of `ssh`, the registry
is one on loopback that has every version, and Pulumi's engine is replaced by the mocks of its SDK.
"""

from __future__ import annotations

import json
import os
import resource
import runpy
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pulumi
from pulumi.runtime import mocks

from bench.peers import application
from lab.workspace import REPOSITORY
from slipway.protocol.answers import Running, StatusAnswer
from slipway.protocol.messages import write_answer
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import Phase

PROJECT: Final = "slipway"
STACK: Final = "production"
HOST_KEY: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8Z0m6ZqQJ8Z0m6ZqQJ8Z0m6ZqQJ8Z0m6ZqQJ8Z0m6Z"
DIGEST: Final = "sha256:" + "1" * 64
STATUS: Final = StatusAnswer(
    agent="0" * 12,
    epoch=1,
    phase=Phase.IDLE,
    serving=Running("aaaaaaaaaaaa", "v1", {"web": f"registry/hello@{DIGEST}"}, 1.0),
    previous=None,
    candidate=None,
    warm=False,
    context=RolloutContext("nothing", "0" * 32, {}),
    ran=(),
    problems=(),
    warnings=(),
    accessories={},
    containers=(),
    lock=None,
    starts_at_boot=True,
)


class Engine(pulumi.runtime.Mocks):
    """Accepts every resource, as a preview does, and knows no other stack."""

    def __init__(self) -> None:
        self.resources = 0

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Nothing is known of a resource but its inputs."""
        self.resources += 1
        return f"{args.name}-id", args.inputs

    def call(self, _: pulumi.runtime.MockCallArgs) -> Any:
        """The one question that the program asks: what a stack's state holds."""
        return {"outputs": {}}, []


class EveryVersion(BaseHTTPRequestHandler):
    """A registry in which every tag has the same digest."""

    def do_HEAD(self) -> None:
        """Answer the look-up of a manifest."""
        self.send_response(200)
        self.send_header("Docker-Content-Digest", DIGEST)
        self.end_headers()

    def do_GET(self) -> None:
        """A manifest of no size to speak of."""
        body = json.dumps({"config": {"size": 1}, "layers": []}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def registry() -> Iterator[str]:
    """The address of a registry on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EveryVersion) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def servers() -> Iterator[None]:
    """An `ssh` comes first on PATH that answers for every server: it serves the release before."""
    reply = "\n".join(["0" * 12, "0" * 12, "NOW", "", write_answer(STATUS)])
    path = os.environ["PATH"]
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        Path(folder, "reply").write_text(reply)
        program = Path(folder, "ssh")
        program.write_text(f'#!/bin/sh\nexec sed "s/NOW/$(date +%s)/" {folder}/reply\n')
        program.chmod(0o755)
        os.environ["PATH"] = f"{folder}:{path}"
        try:
            yield
        finally:
            os.environ["PATH"] = path


def configuration(servers: int, registry: str) -> dict[str, str]:
    """The stack's, as Pulumi gives it to a program."""
    hosts = {
        f"web-{number}": {"host": f"10.{number // 250}.{number % 250}.1", "host_key": HOST_KEY}
        for number in range(servers)
    }
    values = {
        "application": application.definition(),
        "registry": {"address": registry, "insecure": True},
        "build": False,
        "servers": hosts,
        "rollout": {"batch": "10%"},
    }
    objects = {f"{PROJECT}:{key}": json.dumps(value) for key, value in values.items()}
    return {**objects, f"{PROJECT}:version": "v2"}


def preview(count: int) -> dict[str, float]:
    """Of one preview: seconds, those of a processor, peak megabytes of memory, resources."""
    engine = Engine()

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def whole() -> None:
        runpy.run_path(str(REPOSITORY / "__main__.py"))

    with registry() as address, servers():
        pulumi.runtime.set_all_config(configuration(count, address))
        mocks.set_mocks(engine, project=PROJECT, stack=STACK, preview=True)
        began, busy = time.monotonic(), time.process_time()
        whole()
        return {
            "seconds": time.monotonic() - began,
            "processor": time.process_time() - busy,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "resources": engine.resources,
        }


if __name__ == "__main__":
    print(json.dumps(preview(int(sys.argv[1]))))
