"""Mistakes: each is one clear error and a failed command, and the old release goes on serving."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lab import keys, servers
from lab.layout import REGISTRY_ADDRESS, Server
from tests.lab.trial import (
    IMAGE,
    SERVERS,
    Trial,
    address,
    application_of,
    refused,
    served,
    status,
    wait_for,
)

(STAGING,) = SERVERS["staging"]
FIRST, SECOND = SERVERS["production"]
MACHINES = (STAGING, FIRST, SECOND)


@pytest.fixture(autouse=True)
def _the_old_release_serves(settled: Trial) -> Iterator[None]:
    """Whatever is wrong, users notice nothing and the servers are left as they were.

    A server that has just got its power back has a moment to come to that.
    """
    before = {each.name: state(each) for each in MACHINES}
    assert None not in before.values()
    yield
    wait_for(
        f"every server to be as before: {before}",
        lambda: {each.name: state(each) for each in MACHINES} == before,
    )


def state(server: Server) -> tuple[str, str, str] | None:
    """The version that users get, the release that serves, the phase; None without an answer."""
    try:
        version = served(server)
    except httpx.HTTPError:
        return None
    report = status(server)
    return version, report.serving.release if report.serving else "", report.phase


def test_a_version_that_does_not_exist(settled: Trial) -> None:
    with settled.spoiled("production"):
        done = settled.up("production", "v9.9.9")
    refused(done, f"{settled.version('v9.9.9')} cannot be deployed", settled.version("v1.0.0"))


def test_a_server_that_is_off(settled: Trial) -> None:
    servers.power_off(SECOND)
    try:
        now, following = settled.now_and_next()
        with settled.spoiled("production", version=following):
            done = settled.up("production")
        assert served(FIRST) == now
    finally:
        servers.power_on(SECOND)
    wait_for("the release on the server again", lambda: settled.rests("production", now))
    refused(done, f"servers/{SECOND.name} (deploy@{SECOND.address}:22): it cannot be reached")
    assert f"servers/{FIRST.name}" not in done.stdout


def test_a_server_that_shows_another_host_key(settled: Trial) -> None:
    wrong = {**address(SECOND), "host_key": keys.host_key(FIRST)}
    machines = {FIRST.name: address(FIRST), SECOND.name: wrong}
    _, following = settled.now_and_next()
    with settled.spoiled("production", version=following, servers=machines):
        done = settled.up("production")
    refused(done, f"servers/{SECOND.name}", "its host key is not the pinned one")


def test_a_registry_that_does_not_answer(settled: Trial) -> None:
    nowhere = f"{REGISTRY_ADDRESS}:5999"
    with settled.spoiled("staging", registry={"address": nowhere, "insecure": True}):
        done = settled.up("staging", "v1.0.5")
    refused(done, f"registry {nowhere}: it cannot be reached")


def test_an_image_that_does_not_build(settled: Trial, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"FROM {REGISTRY_ADDRESS}:5000/base/python:3.11\nRUN nix\n"
    )
    application = application_of(IMAGE, context=str(tmp_path))
    with settled.spoiled("staging", application=application):
        done = settled.up("staging", "v1.0.6")
    said = "error: error reading build output: The command '/bin/sh -c nix' returned"
    refused(done, f"({IMAGE}-build)", said)


def test_five_mistakes_in_the_configuration_are_told_at_once(settled: Trial) -> None:
    mistakes = {
        "proxy": {"image": "haproxy:2.6", "http_port": 70000},
        "registry": {"adress": "10.88.0.2:5000"},
        "rollout": {"batch": 0, "bake": "soon"},
        "colour": "green",
    }
    paths = ("proxy/http_port", "registry/adress", "rollout/batch", "rollout/bake", "colour")
    with settled.spoiled("staging", **mistakes):
        done = settled.up("staging", "v1.0.7")
    refused(done, *paths)
