"""A release that works on staging and fails in production: all servers keep the old one."""

from __future__ import annotations

import pytest

from tests.lab.trial import IMAGE, SERVERS, Trial, application_of, served, status

PRODUCTION = SERVERS["production"]
BAD = {
    "v1.2.0": ("READY=never", "MISBEHAVE_READY", "stage"),
    "v1.3.0": ("MIGRATION=fail", "MISBEHAVE_MIGRATION", "migrate"),
}


@pytest.mark.parametrize("number", BAD)
def test_a_release_that_fails_is_taken_back_everywhere(settled: Trial, number: str) -> None:
    fault, switch, step = BAD[number]
    # What is baked into the image is switched off on staging alone.
    harmless = {"environment": {switch: ""}}
    application = application_of(IMAGE, arguments={"MISBEHAVE": fault})
    overrides = {"services": {"web": {"replicas": 1, **harmless}, "worker": harmless}}
    with settled.spoiled("staging", application=application, overrides=overrides):
        built = settled.up("staging", number)
        assert built.returncode == 0, built.stdout + built.stderr

    with settled.spoiled("production"):
        failed = settled.up("production", number)
        assert failed.returncode != 0
        assert f"shop-{step}-production-" in failed.stdout
        assert f"rolled back to {settled.version('v1.0.0')}" in failed.stdout
        assert "Traceback" not in failed.stdout
        for server in PRODUCTION:
            assert served(server) == settled.version("v1.0.0")
            assert status(server)["phase"] == "idle"
            assert status(server)["candidate"] is None
        assert settled.changes("production") != {}, "the preview hides that the update failed"

    back = settled.up("production")
    assert back.returncode == 0, back.stdout + back.stderr
    assert {served(server) for server in PRODUCTION} == {settled.version("v1.0.0")}
    assert settled.changes("production") == {}
