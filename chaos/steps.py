"""Steps of a rollout as they happen: waiting for one, and running a command during one."""

from __future__ import annotations

from typing import Final

from lab import servers
from lab.layout import Server
from lab.update import Update
from slipway.errors import SlipwayError

BEGIN_LIMIT: Final = 120.0  # seconds until a step must have begun on a server
WATCHER: Final = """
import os, pathlib, subprocess, sys, time
step, delay, limit, command = sys.argv[1:]
until = time.monotonic() + float(limit)
while time.monotonic() < until:
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\\0")
        except OSError:
            continue
        if words[1:2] and words[1].endswith("/agent") and words[2:3] == [step]:
            time.sleep(float(delay))
            os.environ["PID"] = process.name
            sys.exit(subprocess.call(["sh", "-c", command]))
    time.sleep(0.02)
sys.exit("no such step has begun")
"""
"""Runs on the server: a step is over before a command that is sent when it is seen would arrive."""


def wait_for_step(update: Update, step: str, server: Server, limit: float = 90.0) -> None:
    """Wait until Pulumi says that it has begun a step on a server. Raises TimeoutError."""
    name = rf"shop-{step}-{server.name}(-at-\d+)?"
    update.wait_for_line(rf"{name} (creating|updating|replacing)", limit)


def run_during_step(server: Server, step: str, command: str, *, after: float = 0.0) -> None:
    """Run shell text on a server when its agent has begun a step, or `after` seconds later.

    `$PID` is the agent. Raises SlipwayError when the step does not begin, or the command fails.
    """
    arguments = f"{step} {after} {BEGIN_LIMIT:g} '{command}'"
    done = servers.run(server, f"exec python3 - {arguments}", stdin=WATCHER, limit=BEGIN_LIMIT + 30)
    if done.returncode:
        raise SlipwayError(f"{command}: {done.stderr.strip()[-200:]}", where=server.name)
