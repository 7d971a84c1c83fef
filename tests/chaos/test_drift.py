"""A server changed behind Pulumi's back: the preview shows it, the update heals it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab import servers
from lab.chaos.fleet import SERVERS, Fleet
from lab.layout import Server


def by_hand(command: str) -> Callable[[Server], None]:
    """A change that somebody makes on a server as `deploy`."""

    def change(server: Server) -> None:
        done = servers.ssh(server, command)
        assert done.returncode == 0, done.stderr

    return change


WEB = "docker ps --quiet --filter label=slipway.service=web"
DRIFTS = {
    # First, while the state still tells of the life that began with a server as empty as this one.
    "the server set up afresh": servers.reset,
    "a container removed": by_hand(f"docker rm --force $({WEB})"),
    "the agent deleted": by_hand("rm -r .slipway/agent*"),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_is_shown_by_the_preview_and_healed_by_the_update(fleet: Fleet, drift: str) -> None:
    before = fleet.serving()
    DRIFTS[drift](SERVERS[0])
    assert fleet.changes()
    healed = fleet.up()
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert fleet.serving() == before
    assert fleet.problems() == []
    assert not fleet.changes()
