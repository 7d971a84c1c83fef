"""Run another program within a time limit."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.errors import SlipwayError


class TimeLimitError(SlipwayError):
    """The program did not end within its limit, and was killed."""


def run(
    command: Sequence[str],
    *,
    limit: float,
    stdin: str = "",
    folder: Path | str | None = None,
    environment: Mapping[str, str] | None = None,
    remedy: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run `command` and return its exit status and what it printed.

    What it printed is read as UTF-8, with `U+FFFD` in place of what is none.
    `limit` is in seconds, from start to end. Raises TimeLimitError after it, and SlipwayError with
    `remedy` for a program that cannot be started.
    """
    program = command[0]
    try:
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=limit,
            cwd=folder,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeLimitError(f"it did not end within {limit:g} s", where=program) from None
    except FileNotFoundError:
        raise SlipwayError(
            "it is not installed", where=program, remedy=remedy or "Install it, or correct PATH"
        ) from None
    except PermissionError:
        raise SlipwayError(
            "it is not executable", where=program, remedy="Check the file's mode, and PATH"
        ) from None
