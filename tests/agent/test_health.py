"""`agent health` on a real engine and proxy, as a person gives it."""

from __future__ import annotations

import json
from dataclasses import replace

from lab import servers
from slipway.rollout.release import Smoke
from tests.agent.host import AGENT, TOKEN, AgentHost, release


def test_a_person_is_told_what_is_well_and_what_is_not(serving: AgentHost) -> None:
    tests = (Smoke("web", "/docs", body="v2", retries=0), Smoke("web", "/", body="v2"))
    serving.roll_out(
        replace(release("v2", replicas=2, worker=True, LOG="ERROR TOKEN", SLOW="0"), smoke=tests)
    )
    well = json.loads(serving.sh(f"python3 {AGENT} health"))
    assert well["ok"], well
    assert {each["part"] for each in well["findings"]} == {
        "web-1",
        "web-2",
        "worker-1",
        "proxy",
        "web",
    }

    serving.sh("for n in $(seq 150); do curl --silent localhost/ >/dev/null; done")
    serving.sh("docker stop $(docker ps --quiet --filter label=slipway.replica=2)")
    done = servers.ssh(serving.server, f"python3 {AGENT} health --service web")
    assert done.returncode == 1
    assert TOKEN not in done.stdout
    wrong = {
        (each["part"], each["check"]): each["detail"]
        for each in json.loads(done.stdout)["findings"]
        if not each["ok"]
    }
    assert wrong.pop(("web-1", "log"), "an error in 5 min, the last: ERROR ***").endswith(
        "ERROR ***"
    )
    assert wrong[("web-2", "container")].startswith("exited")
