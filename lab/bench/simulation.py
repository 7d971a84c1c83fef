"""Runs the whole program for a preview with many servers that do not exist, and says its costs.

`python -m lab.bench.simulation 1000` is a process of its own: its peak memory is that of one plan.
The program is the real one. The servers' answers are made up where SSH would bring them, the
registry's where HTTP would, and Pulumi's engine is replaced by the mocks of its SDK.
"""

from __future__ import annotations

import json
import resource
import runpy
import sys
import time
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.runtime import mocks

from lab.peers import application
from lab.workspace import REPOSITORY
from slipway import fleet, registry
from slipway.remote import Answer, Host

PROJECT = "slipway"
STACK = "production"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8Z0m6ZqQJ8Z0m6ZqQJ8Z0m6ZqQJ8Z0m6ZqQJ8Z0m6Z"
DIGEST = "sha256:" + "1" * 64
SERVING = {"release": "aaaaaaaaaaaa", "version": "v1", "images": {"web": DIGEST}}
STATUS = {
    "agent": "0" * 12,
    "epoch": 1,
    "phase": "idle",
    "serving": SERVING,
    "previous": None,
    "warm": False,
    "basis": {"line": "nothing", "token": "0" * 32, "peers": {}},
    "problems": [],
}


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


class Published(registry.Registry):
    """A registry that has every version."""

    def digest(self, *_: str) -> str | None:
        """Always the same one."""
        return DIGEST

    def size(self, *_: str) -> int:
        """Nothing to speak of."""
        return 0


def answer(hosts: Sequence[Host], *_: object, **__: object) -> dict[str, Answer]:
    """Every server serves the release before."""
    now = time.time()
    said = json.dumps({"installed": "a", "life": "a", "clock": int(now), "status": STATUS})
    return {host.name: Answer(0, said, "", now) for host in hosts}


def configuration(servers: int) -> dict[str, str]:
    """The stack's, as Pulumi gives it to a program."""
    hosts = {
        f"web-{number}": {"host": f"10.{number // 250}.{number % 250}.1", "host_key": HOST_KEY}
        for number in range(servers)
    }
    values = {
        "application": application.definition(),
        "registry": {"address": "registry.example.org"},
        "servers": hosts,
        "rollout": {"batch": "10%"},
    }
    objects = {f"{PROJECT}:{key}": json.dumps(value) for key, value in values.items()}
    return {**objects, f"{PROJECT}:version": "v2"}


def preview(servers: int) -> dict[str, float]:
    """Of one preview: seconds, those of a processor, peak megabytes of memory, resources."""
    engine = Engine()
    pulumi.runtime.set_all_config(configuration(servers))
    mocks.set_mocks(engine, project=PROJECT, stack=STACK, preview=True)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def whole() -> None:
        runpy.run_path(str(REPOSITORY / "__main__.py"))

    began, busy = time.monotonic(), time.process_time()
    with patch.object(fleet, "ask", answer), patch.object(registry, "Registry", Published):
        whole()
    return {
        "seconds": time.monotonic() - began,
        "processor": time.process_time() - busy,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "resources": engine.resources,
    }


if __name__ == "__main__":
    print(json.dumps(preview(int(sys.argv[1]))))
