"""The line in the deploy user's crontab that starts the watchdog when the machine has booted."""

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
EMPTY = "no crontab for"  # what crontab says, with an exit status of 1


def install(installation: Installation, home: Path) -> None:
    """Write the line, unless it is there; those of others stay.

    Raises SlipwayError where the crontab cannot be read or written: it is never taken for empty.
    """
    with lock.exclusive(home / ROOT):
        before = _read()
        if installation.crontab_line in before:
            return
        others = [line for line in before if not line.endswith(f" {installation.mark}")]
        text = "\n".join([*others, installation.crontab_line, ""])
        done = _crontab("-", text)
        if done.returncode:
            raise _refused(done.stderr)


def starts_at_boot(installation: Installation) -> bool:
    """Whether the line is there; not where there is no crontab that can be read."""
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
        found.append("no cron daemon runs, which starts the watchdog after a boot. Start cron")
    return found


def _read() -> list[str]:
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout.splitlines()
    if EMPTY in done.stderr:
        return []
    raise _refused(done.stderr)


def _crontab(argument: str, text: Optional[str] = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["crontab", argument],
            input=text,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _refused(str(error)) from error


def _refused(said: str) -> SlipwayError:
    return SlipwayError(
        f"crontab failed: {said.strip()}",
        where=f"the crontab of {_user()}",
        remedy="Install cron, and let this user have a crontab (cron.allow, cron.deny)",
    )


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _name(process: Path) -> str:
    """Empty for a process that has ended meanwhile."""
    with contextlib.suppress(OSError):
        return (process / "comm").read_text().strip()
    return ""
