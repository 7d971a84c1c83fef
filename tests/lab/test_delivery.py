"""A version on its way: built on staging, promoted to production, replaced, and taken back.

The tests of this file are steps of one story. It begins on servers without a past, which the files
after it share.
"""

from __future__ import annotations

import re
from dataclasses import replace

from lab.layout import REGISTRY, Server
from lab.load import Load
from lab.registry import tags
from slipway.protocol.answers import StatusAnswer
from tests.lab.trial import IMAGE, SERVERS, Trial, images, journal, served, status

STAGING, PRODUCTION = SERVERS["staging"], SERVERS["production"]
RATE = 200  # requests a second to each server


def test_staging_builds_a_version_and_serves_it(staged: Trial) -> None:
    version = staged.version("v1.0.0")
    assert served(STAGING[0]) == version
    assert set(images(STAGING[0]).values()) == {reference(version)}


def test_production_runs_the_very_image_that_staging_ran(promoted: Trial) -> None:
    version = promoted.version("v1.0.0")
    for server in PRODUCTION:
        assert served(server) == version
        assert images(server) == images(STAGING[0])


def test_a_second_preview_and_a_second_update_do_nothing(promoted: Trial) -> None:
    epochs = {server.name: status(server).epoch for server in PRODUCTION}
    containers = {server.name: started(server) for server in PRODUCTION}
    for stack in SERVERS:
        assert promoted.changes(stack) == {}
    again = promoted.up("production")
    assert again.returncode == 0
    assert re.search(r"^Resources:\n +\d+ unchanged\n\n", again.stdout, re.MULTILINE), again.stdout
    assert {server.name: status(server).epoch for server in PRODUCTION} == epochs
    assert {server.name: started(server) for server in PRODUCTION} == containers


def test_a_preview_writes_nothing(promoted: Trial) -> None:
    before = {server.name: (journal(server), kept(server)) for server in STAGING}, tags(IMAGE)
    promoted.workspace.configure("staging", version=promoted.version("v1.0.1"))
    try:
        changes = promoted.changes("staging")
    finally:
        promoted.workspace.configure("staging", version=promoted.version("v1.0.0"))
    assert changes
    after = {server.name: (journal(server), kept(server)) for server in STAGING}, tags(IMAGE)
    assert after == before


def test_a_rolling_update_fails_no_request(renewed: Trial) -> None:
    addresses = [server.address for server in PRODUCTION]
    with Load(addresses, rate=RATE) as load:
        done = renewed.up("production", "v1.1.0")
    assert done.returncode == 0, done.stdout + done.stderr
    both = {renewed.version("v1.0.0"), renewed.version("v1.1.0")}
    for result in load.results():
        assert result.failures == []
        assert set(result.versions) == both, "the load did not see the update from end to end"
        assert result.answers > RATE * result.seconds * 0.5


def test_setting_the_version_back_rolls_back_without_building(renewed: Trial) -> None:
    pushed, before = tags(IMAGE), renewed.version("v1.0.0")
    done = renewed.up("staging", "v1.0.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "docker:index" not in done.stdout.replace("docker:index:Image", ""), done.stdout
    assert served(STAGING[0]) == before
    assert renewed.changes("staging") == {}
    assert tags(IMAGE) == pushed


def test_outputs_are_what_the_servers_report(renewed: Trial) -> None:
    outputs = renewed.outputs("production")
    assert outputs["version"] == renewed.version("v1.1.0")
    for server in PRODUCTION:
        serving = status(server).serving
        assert serving is not None
        assert outputs["servers"][server.name] == f"{serving.version} ({serving.release})"
        assert outputs["images"] == serving.images


def test_the_history_tells_which_versions_were_deployed(renewed: Trial) -> None:
    v1, v2 = renewed.version("v1.0.0"), renewed.version("v1.1.0")
    assert renewed.deployed("staging") == [v1, v2, v1]  # newest first
    assert renewed.deployed("production")[:3] == [v2, v1, v1]


def reference(version: str) -> str:
    """The image that the registry has for a version, as a server names it."""
    return f"{REGISTRY}/{IMAGE}@{tags(IMAGE)[version]}"


def kept(server: Server) -> StatusAnswer:
    """What changes only when somebody changes it: no lease, and of no container its health."""
    report = status(server)
    containers = tuple(replace(each, health=None, fault="") for each in report.containers)
    return replace(report, containers=containers, lock=None, problems=())


def started(server: Server) -> list[tuple[str, str, int]]:
    """The containers, what they are at, and how often they were started anew."""
    return [(each.name, each.state, each.restarts) for each in status(server).containers]
