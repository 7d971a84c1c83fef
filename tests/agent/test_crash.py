"""The agent is killed between two actions of a step; the next call puts it right.

Every fourth gap is tried here; the tests of the state machine try every single one.
"""

from __future__ import annotations

import pytest

from lab import servers
from tests.agent.host import AGENT, AgentHost, release

ORDER = ("pull", "start", "switch", "prepare", "commit")
BRIEF = 0.1  # seconds
KILLED = 255  # OpenSSH's own, for a command that a signal ended
HARNESS = f"""
import os, signal, sys
sys.path.insert(0, os.path.realpath('{AGENT}'))
from slipway.agent.runner import ActionRunner
from slipway.agent.__main__ import main

count, perform = int(sys.argv[1]), ActionRunner.perform

def kill(self, action):
    global count
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    count -= 1
    perform(self, action)

ActionRunner.perform = kill
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("step", ["pull", "start", "switch", "prepare", "commit", "abort"])
def test_a_killed_step_is_completed_by_the_next_call(serving: AgentHost, step: str) -> None:
    servers.run(serving.server, "cat > /opt/harness.py", stdin=HARNESS)
    old, killed = release("v1"), 0
    for number, count in enumerate(range(0, 20, 4), start=2):
        new = release(f"v{number}")
        for earlier in ORDER[: ORDER.index(step)] if step in ORDER else ORDER[:3]:
            assert serving.call(earlier, new, bake=BRIEF).code == 0
        done = serving.call(step, new, bake=BRIEF, command=f"python3 /opt/harness.py {count}")
        assert serving.version() in (old.version, new.version)
        if done.code == 0:
            break
        assert done.code == KILLED, done.progress
        killed += 1
        for later in ORDER[ORDER.index(step) :] if step in ORDER else ["abort"]:
            assert serving.call(later, new, bake=BRIEF).code == 0
        old = old if step == "abort" else new
        assert serving.version() == old.version
        assert serving.problems() == []
        running = {name for name, state in serving.containers().items() if state == "running"}
        assert all(old.id[:8] in name for name in running)
    assert killed >= (1 if step in ("pull", "prepare") else 2)
