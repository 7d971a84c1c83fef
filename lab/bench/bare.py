"""The bare steps that no deployment can do without, timed on one server."""

from __future__ import annotations

import time
from typing import Final

import httpx

from lab import servers
from lab.bench.seconds import Seconds
from lab.layout import Server
from slipway.errors import SlipwayError

PULL, RUN, ANSWER = (f"bare, one server: {step}" for step in ("docker pull", "docker run", "ready"))
PORT: Final = 8999
READY_LIMIT: Final = 30.0  # seconds
POLL: Final = 0.02  # seconds


def time_steps(seconds: Seconds, server: Server, image: str, *, path: str, run: str = "") -> None:
    """Pull, run with these options and arguments around the image, and wait for an answer.

    `run` has the image as `{}`. Raises SlipwayError when a step fails.
    """
    with seconds.timed(PULL):
        _ssh(server, f"docker pull --quiet {image}")
    try:
        with seconds.timed(RUN):
            _ssh(server, f"docker run -d --name bare -p {PORT}:8000 " + (run or "{}").format(image))
        with seconds.timed(ANSWER):
            _wait(f"http://{server.address}:{PORT}{path}")
    finally:
        _ssh(server, "docker rm --force bare 2>/dev/null || true")


def total(seconds: Seconds) -> float:
    """Seconds of the bare steps, one after the other: the sum of their medians."""
    return sum(seconds.median(step) for step in (PULL, RUN, ANSWER))


def _ssh(server: Server, command: str) -> None:
    done = servers.ssh(server, command)
    if done.returncode:
        raise SlipwayError(done.stderr.strip(), where=f"{server.name}: {command[:60]}")


def _wait(url: str) -> None:
    deadline = time.monotonic() + READY_LIMIT
    with httpx.Client(trust_env=False, timeout=1) as client:
        while time.monotonic() < deadline:
            try:
                if client.get(url).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(POLL)
    raise SlipwayError(f"no answer within {READY_LIMIT:g} s", where=url)
