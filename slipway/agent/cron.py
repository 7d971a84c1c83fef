"""The line in the deploy user's crontab that starts the watchdog after a boot."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from pathlib import Path
from typing import Optional

from slipway.agent.state import lock
from slipway.errors import SlipwayError
from slipway.protocol.installation import ROOT, Installation

LIMIT = 10.0  # seconds for one call of crontab
DAEMONS = ("cron", "crond", "fcron")
EMPTY = "no crontab for"  # in crontab's message, with exit status 1


def install(installation: Installation, home: Path) -> None:
    """Write the line unless it exists; other lines stay.

    Raises SlipwayError where the crontab cannot be read or written.
    """
    with lock.exclusive(home / ROOT):
        before = _read()
        if installation.crontab_line in before:
            return
        others = [line for line in before if not line.endswith(f" {installation.mark}")]
        text = "\n".join([*others, installation.crontab_line, ""])
        done = _crontab("-", text)
        if done.returncode:
            raise _failed(done.stderr)


def starts_at_boot(installation: Installation) -> bool:
    """Whether the crontab has the line; false if it cannot be read."""
    try:
        return installation.crontab_line in _read()
    except SlipwayError:
        return False


def faults(installation: Installation, proc: Path = Path("/proc")) -> list[str]:
    """Why the watchdog would not start after a boot; empty when it would."""
    found = []
    if not starts_at_boot(installation):
        found.append(f"the watchdog's line is missing in the crontab of {_user()}. Run `pulumi up`")
    if not any(_name(process) in DAEMONS for process in proc.glob("[0-9]*")):
        found.append("no cron daemon runs; it has to start the watchdog after a boot. Start cron")
    return found


def _read() -> list[str]:
    done = _crontab("-l")
    if done.returncode == 0:
        lines = done.stdout.split("\n")  # splitlines() would split at form feeds, too
        return lines if lines[-1] else lines[:-1]
    if EMPTY in done.stderr:
        return []
    raise _failed(done.stderr)


def _crontab(argument: str, text: Optional[str] = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["crontab", argument],
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",  # other lines stay as they are, in whatever encoding
            timeout=LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(str(error)) from error


def _failed(reason: str) -> SlipwayError:
    return SlipwayError(
        f"crontab failed: {reason.strip()}",
        where=f"the crontab of {_user()}",
        remedy="Install cron, and allow this user to use it (cron.allow, cron.deny)",
    )


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _name(process: Path) -> str:
    """The name of a process; empty if it has ended meanwhile."""
    with contextlib.suppress(OSError):
        return (process / "comm").read_text(errors="replace").strip()  # cut off after 15 bytes
    return ""
