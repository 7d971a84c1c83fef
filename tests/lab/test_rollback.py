"""`slipway rollback`: the release before, from the stack's history."""

from __future__ import annotations

import pytest

from slipway.errors import SlipwayError
from tests.lab.trial import SERVERS, Trial, served

PRODUCTION = SERVERS["production"]
LIMIT = 300.0  # seconds
# Where nobody listens: others need the registry meanwhile.
WITHOUT_REGISTRY = ("env", "http_proxy=http://127.0.0.1:9", "no_proxy=127.0.0.1,localhost")


@pytest.fixture
def twice(settled: Trial) -> Trial:
    """Production has run both releases, and the last update succeeded, whatever came before."""
    _, other = settled.now_and_next()
    if other not in settled.deployed("production"):
        update(settled, version=other)
    if settled.history("production")[0]["result"] != "succeeded":
        update(settled)
    return settled


def update(trial: Trial, **values: str) -> None:
    done = trial.up("production", **values)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_rollback_brings_the_release_before_back_without_the_registry(twice: Trial) -> None:
    now, before = twice.now_and_next()
    command = ("slipway", "rollback", "--stack", "production")
    with pytest.raises(SlipwayError, match="--yes"):
        twice.workspace.run(*command, limit=LIMIT)
    assert {served(server) for server in PRODUCTION} == {now}

    said = twice.workspace.run(
        *WITHOUT_REGISTRY, *command, "--yes", "--message", "too slow", limit=LIMIT
    )
    assert "it cannot be reached" in said
    assert {served(server) for server in PRODUCTION} == {before}
    assert twice.changes("production") == {}, "the stack file still names the other version"
    assert twice.history("production")[0]["message"] == f"rollback to {before}: too slow"
