"""Runs programs with a time limit; a failure becomes an error that says what to do."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from lab import paths
from slipway.errors import SlipwayError

SHOWN_LINES = 12  # the last ones that a failed program printed
KEPT_FAILURES = 20
END_LIMIT = 10.0  # seconds until a killed process must be gone


def attempt(
    arguments: Sequence[str],
    *,
    limit: float,
    stdin: str | None = None,
    variables: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program, whatever its exit status.

    `limit` is in seconds; `variables` are added to the environment. Raises SlipwayError when the
    program is missing or exceeds the limit.
    """
    try:
        return subprocess.run(
            list(arguments),
            check=False,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit,
            env={**os.environ, **(variables or {})},
            cwd=folder,
        )
    except FileNotFoundError as error:
        raise SlipwayError(f"{arguments[0]} is not installed", remedy="Install it") from error
    except subprocess.TimeoutExpired as error:
        raise SlipwayError(
            f"it did not finish within {limit:g} s and was killed",
            where=" ".join(arguments[:3]),
            remedy="Try again",
        ) from error


def run(
    arguments: Sequence[str],
    *,
    limit: float,
    stdin: str | None = None,
    variables: Mapping[str, str] | None = None,
    folder: Path | None = None,
    remedy: str = "",
) -> str:
    """Run a program that must succeed and return its standard output.

    Raises SlipwayError as `attempt` does, and when the program fails: with its last lines, and the
    file that has all of its output.
    """
    done = attempt(arguments, limit=limit, stdin=stdin, variables=variables, folder=folder)
    if done.returncode:
        output = (done.stderr.strip() or done.stdout.strip()).splitlines()[-SHOWN_LINES:]
        raise SlipwayError(
            "\n".join(output) or f"exit status {done.returncode}",
            where=" ".join(arguments[:3]),
            remedy=f"{remedy}. ".lstrip(". ") + f"The whole output is in {_kept(done)}",
        )
    return done.stdout


def start(
    arguments: Sequence[str],
    *,
    output: IO[bytes] | int = subprocess.PIPE,
    variables: Mapping[str, str] | None = None,
    folder: Path | None = None,
    own_session: bool = False,
) -> subprocess.Popen[str]:
    """Start a program with both of its outputs in one place; the caller sets the limit.

    In a session of its own it outlives a Ctrl-C here, and `kill_session` ends it with all of its
    children.
    """
    return subprocess.Popen(
        list(arguments),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=own_session,
        env={**os.environ, **(variables or {})},
        cwd=folder,
    )


def kill_session(process: subprocess.Popen[str]) -> None:
    """`kill -9` for every process of the session that `process` leads, whether it runs or not.

    Pulumi gives its plugins process groups of their own: killing one group would miss them.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(number := int(folder.name)) == process.pid:
                os.kill(number, signal.SIGKILL)
    process.wait(END_LIMIT)


def _kept(done: subprocess.CompletedProcess[str]) -> Path:
    """A file with the output of a failed program; the newest `KEPT_FAILURES` files are kept."""
    folder = paths.state() / "failures"
    folder.mkdir(mode=0o700, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{Path(done.args[0]).name}-"
    handle, path = tempfile.mkstemp(".log", name, folder)
    with os.fdopen(handle, "w") as file:
        file.write(f"$ {shlex.join(done.args)}\n{done.stdout}{done.stderr}")
    for old in sorted(folder.iterdir())[:-KEPT_FAILURES]:
        old.unlink(missing_ok=True)
    return Path(path)
