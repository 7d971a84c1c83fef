"""A release that works on staging and fails in production: all servers keep the old one."""

from __future__ import annotations

import pytest

from tests.lab.trial import SERVERS, Trial, served, status

PRODUCTION = SERVERS["production"]
FAULTS = {
    "never ready": ({"MISBEHAVE_READY": "never"}, "stage"),
    "its migration fails": ({"MISBEHAVE_MIGRATION": "fail"}, "migrate"),
}


@pytest.mark.parametrize(("fault", "step"), FAULTS.values(), ids=FAULTS)
def test_a_release_that_fails_is_taken_back_everywhere(
    settled: Trial, fault: dict[str, str], step: str
) -> None:
    now, following = settled.now_and_next()
    overrides = {"services": {"web": {"environment": fault}}}
    with settled.spoiled("production", version=following, overrides=overrides):
        failed = settled.up("production")
        assert failed.returncode != 0
        assert f"shop-{step}-production-" in failed.stdout
        assert f"rolled back to {now}" in failed.stdout
        assert "Traceback" not in failed.stdout
        for server in PRODUCTION:
            assert served(server) == now
            assert status(server)["phase"] == "idle"
            assert status(server)["candidate"] is None
        assert settled.changes("production") != {}, "the preview hides that the update failed"

    back = settled.up("production")
    assert back.returncode == 0, back.stdout + back.stderr
    assert {served(server) for server in PRODUCTION} == {now}
    assert settled.changes("production") == {}
