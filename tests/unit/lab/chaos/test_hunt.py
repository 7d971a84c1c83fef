from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.chaos.hunt import HUNTER

SLEEPER = "import time; time.sleep(30)"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that looks like the agent at a step of this test's own."""
    (tmp_path / "agent.pyz").write_text(SLEEPER)
    with subprocess.Popen([sys.executable, str(tmp_path / "agent.pyz"), tmp_path.name]) as process:
        try:
            yield process
        finally:
            process.kill()


def hunt(step: str, limit: float, command: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-c", HUNTER, step, "0", str(limit), command]
    return subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=15)


def test_a_fault_strikes_the_agent_at_its_step(
    agent: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert hunt(tmp_path.name, 10, "kill -KILL $PID").returncode == 0
    assert agent.wait(10) == -signal.SIGKILL


def test_an_agent_at_another_step_is_left_alone(
    agent: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    done = hunt(f"not-{tmp_path.name}", 0.2, "kill -KILL $PID")
    assert (done.returncode, done.stderr) == (1, "no such step has begun\n")
    assert agent.poll() is None


def test_a_fault_that_fails_is_told(agent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert agent.poll() is None
    assert hunt(tmp_path.name, 10, "exit 3").returncode == 3
