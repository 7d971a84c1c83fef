"""The steps that every deployment needs (pull, run, first answer), timed on one server."""

from __future__ import annotations

from typing import Final

from bench import answer
from bench.peers.peer import Shell
from bench.seconds import Seconds
from lab.layout import Server

PULL, RUN, ANSWER = (f"bare, one server: {step}" for step in ("docker pull", "docker run", "ready"))
PORT: Final = 8999


def time_steps(seconds: Seconds, server: Server, image: str, *, path: str, run: str = "") -> None:
    """Pull, run with these options and arguments around the image, and wait for an answer.

    `run` has the image as `{}`. Raises SlipwayError when a step fails.
    """
    shell = Shell(server)
    with seconds.timed(PULL):
        shell(f"docker pull --quiet {image}")
    try:
        with seconds.timed(RUN):
            shell(f"docker run -d --name bare -p {PORT}:8000 " + (run or "{}").format(image))
        with seconds.timed(ANSWER):
            answer.wait(f"http://{server.address}:{PORT}{path}")
    finally:
        shell("docker rm --force bare 2>/dev/null || true")


def total(seconds: Seconds) -> float:
    """Seconds of the bare steps, one after the other: the sum of their medians."""
    return sum(seconds.median(step) for step in (PULL, RUN, ANSWER))
