"""Runs programs with a time limit and turns their failures into errors a person can act on."""

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

from lab import folders
from slipway.errors import SlipwayError

SHOWN_LINES = 12  # of a failed program's last words
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
    """Run a program whatever its exit status. Raises SlipwayError when it is missing or overruns.

    `limit` is in seconds; `variables` are added to the environment.
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
            f"no end after {limit:g} s", where=" ".join(arguments[:3]), remedy="Try again"
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
    """Run a program that must succeed and return what it printed.

    Raises SlipwayError with the last lines of a program that fails, and the file that has them all.
    """
    done = attempt(arguments, limit=limit, stdin=stdin, variables=variables, folder=folder)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-SHOWN_LINES:]
        raise SlipwayError(
            "\n".join(said) or f"exit status {done.returncode}",
            where=" ".join(arguments[:3]),
            remedy=f"{remedy}. ".lstrip(". ") + f"All that it said is in {_kept(done)}",
        )
    return done.stdout


def end_session(process: subprocess.Popen[str]) -> None:
    """`kill -9` of a process with a session of its own and of all in it, which may outlive it.

    Pulumi gives its plugins process groups of their own: killing its group would miss them.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(number := int(folder.name)) == process.pid:
                os.kill(number, signal.SIGKILL)
    process.wait(END_LIMIT)


def _kept(done: subprocess.CompletedProcess[str]) -> Path:
    """A file with all that a failed program printed; the last `KEPT_FAILURES` of them stay."""
    folder = folders.state() / "failures"
    folder.mkdir(mode=0o700, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{Path(done.args[0]).name}-"
    handle, path = tempfile.mkstemp(".log", name, folder)
    with os.fdopen(handle, "w") as file:
        file.write(f"$ {shlex.join(done.args)}\n{done.stdout}{done.stderr}")
    for old in sorted(folder.iterdir())[:-KEPT_FAILURES]:
        old.unlink(missing_ok=True)
    return Path(path)
