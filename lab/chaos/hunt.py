"""Strikes while a step of the agent runs: it is over before a command from here would arrive."""

from __future__ import annotations

from typing import Final

from lab import servers
from lab.layout import Server
from slipway.errors import SlipwayError

HUNT_LIMIT: Final = 120.0  # seconds until a step must have begun
HUNTER: Final = """
import os, pathlib, subprocess, sys, time
step, delay, limit, command = sys.argv[1:]
until = time.monotonic() + float(limit)
while time.monotonic() < until:
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\\0")
        except OSError:
            continue
        if words[1:2] and words[1].endswith("agent.pyz") and words[2:3] == [step]:
            time.sleep(float(delay))
            os.environ["PID"] = process.name
            sys.exit(subprocess.call(["sh", "-c", command]))
    time.sleep(0.02)
sys.exit("no such step has begun")
"""


def once_running(server: Server, step: str, command: str, *, after: float = 0.0) -> None:
    """Run shell text on a server as soon as its agent does a step, or `after` seconds later.

    `$PID` is the agent. Raises SlipwayError when the step does not begin, or the command fails.
    """
    arguments = f"{step} {after} {HUNT_LIMIT:g} '{command}'"
    done = servers.run(server, f"exec python3 - {arguments}", stdin=HUNTER, limit=HUNT_LIMIT + 30)
    if done.returncode:
        raise SlipwayError(f"{command}: {done.stderr.strip()[-200:]}", where=server.name)
