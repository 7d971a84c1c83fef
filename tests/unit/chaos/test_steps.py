from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.steps import WATCHER, wait_for_step
from lab.layout import find
from lab.update import Update

SLEEPER = "import time; time.sleep(30)"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that looks like the agent at a step of this test's own."""
    (tmp_path / "agent").write_text(SLEEPER)
    with subprocess.Popen([sys.executable, str(tmp_path / "agent"), tmp_path.name]) as process:
        try:
            yield process
        finally:
            process.kill()


def watch(step: str, limit: float, command: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-c", WATCHER, step, "0", str(limit), command]
    return subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=15)


def test_the_command_runs_while_the_agent_does_the_step(
    agent: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert watch(tmp_path.name, 10, "kill -KILL $PID").returncode == 0
    assert agent.wait(10) == -signal.SIGKILL


def test_an_agent_at_another_step_is_left_alone(
    agent: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    done = watch(f"not-{tmp_path.name}", 0.2, "kill -KILL $PID")
    assert (done.returncode, done.stderr) == (1, "no such step has begun\n")
    assert agent.poll() is None


def test_a_command_that_fails_is_reported(agent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert agent.poll() is None
    assert watch(tmp_path.name, 10, "exit 3").returncode == 3


@pytest.fixture
def update() -> Iterator[Update]:
    """A process that prints what Pulumi prints when it begins two steps."""
    names = ("switch-production-7", "switch-production-8-at-25")
    lines = [f" ~  command:remote:Command shop-{name} updating (0s)" for name in names]
    with subprocess.Popen(["printf", "%s\n", *lines], stdout=subprocess.PIPE, text=True) as process:
        yield Update(process)


@pytest.mark.parametrize("server", ["production-7", "production-8"])
def test_a_step_has_begun_when_pulumi_says_so(update: Update, server: str) -> None:
    wait_for_step(update, "switch", find(server), limit=10)


@pytest.mark.parametrize(
    ("step", "server"), [("switch", "production-9"), ("smoke", "production-7")]
)
def test_another_step_and_the_step_of_another_server_are_not_it(
    update: Update, step: str, server: str
) -> None:
    with pytest.raises(TimeoutError):
        wait_for_step(update, step, find(server), limit=10)
