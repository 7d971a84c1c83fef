"""An ssh-agent with the deploy key on a fixed socket, so that no key enters a Pulumi state."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from lab import keys, paths
from lab.command import attempt, run

NO_KEYS = 1  # exit status of `ssh-add -l` when the agent holds no key
LIMIT = 20.0  # seconds


def socket() -> Path:
    """Where the agent listens."""
    return paths.state() / "agent.sock"


def environment() -> dict[str, str]:
    """The variable by which ssh and similar programs find the agent."""
    return {"SSH_AUTH_SOCK": str(socket())}


def ensure() -> None:
    """Start the agent unless it runs, and load the deploy key."""
    listing = attempt(["ssh-add", "-l"], limit=LIMIT, variables=environment())
    if listing.returncode == 0:
        return
    if listing.returncode != NO_KEYS:
        socket().unlink(missing_ok=True)
        output = run(["ssh-agent", "-s", "-a", str(socket())], limit=LIMIT)
        _pid_file().write_text(pid_from(output))
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


def pid_from(output: str) -> str:
    """The process id in what `ssh-agent -s` prints: `SSH_AGENT_PID=123; export ...`."""
    return output.partition("SSH_AGENT_PID=")[2].partition(";")[0]


def _pid_file() -> Path:
    return paths.state() / "agent.pid"


def _is_agent(pid: int) -> bool:
    try:
        return "(ssh-agent)" in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
