"""An ssh-agent with the deploy key on a fixed socket, so that no key enters a Pulumi state."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from lab import folders, keys
from lab.command import attempt, run

NO_KEYS = 1  # exit status of `ssh-add -l` for an agent that answers and holds none
LIMIT = 20.0  # seconds


def socket() -> Path:
    """Where the agent listens."""
    return folders.state() / "agent.sock"


def environment() -> dict[str, str]:
    """What lets ssh, and programs like it, find the agent."""
    return {"SSH_AUTH_SOCK": str(socket())}


def ensure() -> None:
    """Start the agent unless it runs, and load the deploy key."""
    listing = attempt(["ssh-add", "-l"], limit=LIMIT, variables=environment())
    if listing.returncode == 0:
        return
    if listing.returncode != NO_KEYS:
        socket().unlink(missing_ok=True)
        said = run(["ssh-agent", "-s", "-a", str(socket())], limit=LIMIT)
        _pid_file().write_text(pid_from(said))
    run(["ssh-add", "-q", str(keys.deploy_key())], limit=LIMIT, variables=environment())


def stop() -> None:
    """End the agent that `ensure` started."""
    file = _pid_file()
    if file.exists():
        pid = int(file.read_text())
        if _is_agent(pid):
            os.kill(pid, signal.SIGTERM)
        file.unlink()
    socket().unlink(missing_ok=True)


def pid_from(said: str) -> str:
    """The process id in what `ssh-agent -s` prints: `SSH_AGENT_PID=123; export ...`."""
    return said.partition("SSH_AGENT_PID=")[2].partition(";")[0]


def _pid_file() -> Path:
    return folders.state() / "agent.pid"


def _is_agent(pid: int) -> bool:
    try:
        return "(ssh-agent)" in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
