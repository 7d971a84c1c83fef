"""`slipway rollback`: the release before, from the stack's history."""

from __future__ import annotations

import json

import pytest

from slipway.errors import SlipwayError
from tests.lab.trial import SERVERS, Trial, served

PRODUCTION = SERVERS["production"]
LIMIT = 300.0  # seconds


def test_a_rollback_brings_the_release_before_back(settled: Trial) -> None:
    newer = settled.up("production", "v1.1.0")
    assert newer.returncode == 0, newer.stdout + newer.stderr

    command = ("slipway", "rollback", "--stack", "production")
    with pytest.raises(SlipwayError, match="--yes"):
        settled.workspace.run(*command, limit=LIMIT)
    assert {served(server) for server in PRODUCTION} == {settled.version("v1.1.0")}

    settled.workspace.run(*command, "--yes", "--message", "too slow", limit=LIMIT)
    old = settled.version("v1.0.0")
    assert {served(server) for server in PRODUCTION} == {old}
    assert settled.changes("production") == {}, "the stack file still names the other version"
    history = settled.workspace.pulumi("stack", "history", "-s", "production", "--json")
    assert json.loads(history)[0]["message"] == f"rollback to {old}: too slow"
