"""A server changed behind Pulumi's back: the preview shows it, the update heals it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaos.fleet import INSTALLATION, Fleet
from lab import servers
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
    "the agent deleted": by_hand(f"rm -r {INSTALLATION.folder}/agent*"),
}


@pytest.fixture(scope="module")
def untouched(fleet: Fleet) -> Fleet:
    """The stack has nothing to do; every test leaves it so again."""
    assert fleet.changes() == 0
    return fleet


@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_is_shown_by_the_preview_and_healed_by_the_update(
    untouched: Fleet, drift: str
) -> None:
    server = untouched.servers[0]
    version, releases = servers.shop(server)["version"], untouched.serving()
    DRIFTS[drift](server)
    assert untouched.changes() != 0
    healed = untouched.up()
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert servers.shop(server)["version"] == version
    assert untouched.serving() == releases
    assert untouched.problems() == []
    assert untouched.changes() == 0
