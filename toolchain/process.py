"""Run other programs with a time limit; an error contains the end of the program's output."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from toolchain import progress
from toolchain.errors import ToolchainError

HEARTBEAT = 30.0
"""Seconds between two progress messages about a program that still runs."""

GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL."""

TAIL = 15
"""Lines of a failed program's output in its error."""


def run(
    command: Sequence[str],
    *,
    limit: float,
    remedy: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run `command` for at most `limit` seconds and return its standard output.

    `env` is added to this process's environment. Raises ToolchainError, with `remedy`, when the
    program is missing, fails or takes too long; then its child processes are ended too.
    """
    name = Path(command[0]).name
    child = _start(command, subprocess.PIPE, remedy, cwd, env)
    try:
        stdout, stderr = _wait(child, limit)
    except subprocess.TimeoutExpired:
        what = f"{name} did not finish within {limit:.0f} s"
        raise ToolchainError(what, where=" ".join(command), remedy=remedy) from None
    finally:
        _end(child)
    if child.returncode != 0:
        output = "\n".join(f"    {line}" for line in (stdout + stderr).splitlines()[-TAIL:])
        what = f"{name} failed with exit code {child.returncode}:\n{output}"
        raise ToolchainError(what, where=" ".join(command), remedy=remedy)
    return stdout


@contextmanager
def beside(
    command: Sequence[str],
    *,
    limit: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run `command` while the body runs, and then for at most `limit` seconds more.

    Its output and its exit code are ignored, and it is ended when the body fails. Raises
    ToolchainError when the program is missing.
    """
    child = _start(command, subprocess.DEVNULL, "", cwd, env)
    try:
        yield
        with suppress(subprocess.TimeoutExpired):
            _wait(child, limit)
    finally:
        _end(child)


def _start(
    command: Sequence[str],
    output: int,
    remedy: str,
    cwd: Path | None,
    env: Mapping[str, str] | None,
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        name = Path(command[0]).name
        raise ToolchainError(f"cannot run {name}: {error.strerror}", remedy=remedy) from error


def _wait(child: subprocess.Popen[str], limit: float) -> tuple[str, str]:
    started = time.monotonic()
    while True:
        left = started + limit - time.monotonic()
        try:
            return child.communicate(timeout=max(0.0, min(HEARTBEAT, left)))
        except subprocess.TimeoutExpired:
            if left <= HEARTBEAT:
                raise
            progress.detail(f"still running after {time.monotonic() - started:.0f} s")


def _end(child: subprocess.Popen[str]) -> None:
    """End the program and its children: they have their own session, so Ctrl-C does not."""
    if child.poll() is not None:
        return
    os.killpg(child.pid, signal.SIGTERM)
    try:
        child.communicate(timeout=GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
