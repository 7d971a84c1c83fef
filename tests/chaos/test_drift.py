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
CHANGES = {
    # First, while the state still tells of the life that began with a server as empty as this one.
    "a server set up afresh": (servers.reset,),
    "a container removed, and on another server the agent deleted": (
        by_hand(f"docker rm --force $({WEB})"),
        by_hand(f"rm -r {INSTALLATION.folder}/agent*"),
    ),
}
"""What happens to the first server, and to the second."""


@pytest.fixture(scope="module")
def untouched(fleet: Fleet) -> Fleet:
    """The stack has nothing to do; every test leaves it so again."""
    assert fleet.planned() == set()
    return fleet


@pytest.mark.parametrize("happened", CHANGES)
def test_drift_is_shown_by_the_preview_and_healed_by_the_update(
    untouched: Fleet, happened: str
) -> None:
    changed = dict(zip(untouched.servers, CHANGES[happened], strict=False))
    versions = {server: servers.shop(server)["version"] for server in changed}
    releases = untouched.serving()
    for server, change in changed.items():
        change(server)
    planned = untouched.planned()
    for server in changed:
        assert any(server.name in resource for resource in planned)
    healed = untouched.up()
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert {server: servers.shop(server)["version"] for server in changed} == versions
    assert untouched.serving() == releases
    assert untouched.problems() == []
    assert untouched.planned() == set()
