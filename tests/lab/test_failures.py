"""A release that works on staging and fails in production: all servers keep the old one.

In which other ways releases fail, and that no request is lost: chaos and tests/agent.
"""

from __future__ import annotations

from lab.layout import Server
from slipway.rollout.state import Phase
from tests.lab.trial import SERVERS, Trial, served, status

PRODUCTION = SERVERS["production"]


def test_a_release_whose_migration_fails_is_taken_back_everywhere(settled: Trial) -> None:
    now, _ = settled.now_and_next()
    before = {server: (status(server).serving, containers(server)) for server in PRODUCTION}
    broken = {"migration": {"service": "web", "command": ["no-such-command"]}}
    with settled.spoiled("production", overrides=broken):
        failed = settled.up("production")
        assert failed.returncode != 0
        assert "shop-migrate-production-" in failed.stdout
        assert "no-such-command" in failed.stdout
        assert f"rolled back to {now}" in failed.stdout
        assert "Traceback" not in failed.stdout
        for server in PRODUCTION:
            assert served(server) == now
            assert (status(server).serving, containers(server)) == before[server]
            assert status(server).phase is Phase.IDLE
            assert status(server).candidate is None
        assert settled.changes("production") != {}, "the preview hides that the update failed"

    back = settled.up("production")
    assert back.returncode == 0, back.stdout + back.stderr
    assert {served(server) for server in PRODUCTION} == {now}
    assert settled.changes("production") == {}


def containers(server: Server) -> list[tuple[str, str, int]]:
    """The containers of services, what they are at, and how often they were started anew."""
    return [(each.name, each.state, each.restarts) for each in status(server).containers]
