"""Settings and image digests give one release, the same everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slipway.deployment.release import release_template
from slipway.protocol.codec import from_json, to_json
from slipway.rollout.release import Health, Limits, Release, Smoke, Task
from tests.unit.slipway.settings.sample import PASSWORD, project, settings

IMAGES = {"shop": "ghcr.io/acme/shop@sha256:" + "0" * 64}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path)


def released(folder: Path, change: str = "{}") -> Release:
    return release_template(settings(folder, change)).pinned(IMAGES)


def test_a_release_has_what_the_settings_say_in_seconds_and_bytes(folder: Path) -> None:
    made = released(
        folder,
        """
        application:
          services:
            web:
              domains: [shop.localhost]
              replicas: 2
              health: {kind: http, path: /ready, interval: 500ms}
              environment: {LOG_LEVEL: info}
              limits: {memory: 256M, cpus: 0.5}
              stop_grace: 1m
        """,
    )
    web, worker = made.services
    assert (made.application, made.version) == ("shop", "v1.0.0")
    assert made.migration == Task("web", ("migrate",), 300.0)
    assert (web.name, web.image, web.command, web.port) == ("web", IMAGES["shop"], ("web",), 8000)
    assert (web.domains, web.replicas, web.stop_grace) == (("shop.localhost",), 2, 60.0)
    assert web.health == Health("http", "/ready", interval=0.5)
    assert web.limits == Limits(256 * 1024**2, 0.5)
    assert (web.environment, web.secrets) == ({"LOG_LEVEL": "info"}, ("DATABASE_URL",))
    assert (worker.name, worker.port, worker.health) == ("worker", None, Health())


def test_a_release_survives_the_way_to_the_server(folder: Path) -> None:
    made = released(folder, "application: {smoke: [{service: web, path: /docs}]}")
    read = from_json(Release, json.loads(json.dumps(to_json(made))), "release")
    assert (read, read.id) == (made, made.id)


def test_a_release_contains_no_secret(folder: Path) -> None:
    assert PASSWORD not in str(released(folder))


@pytest.mark.parametrize(
    "change",
    [
        "version: v2",
        "secrets: {DATABASE_URL: other}",
        "application: {services: {web: {replicas: 2}}}",
        "application: {migration: null}",
    ],
)
def test_what_containers_run_with_makes_another_release(folder: Path, change: str) -> None:
    assert released(folder, change).id != released(folder).id


@pytest.mark.parametrize(
    "change",
    [
        "secrets: {POSTGRES_PASSWORD: other}",
        "secrets: {UNUSED: other}",
        "rollout: {bake: 5s}",
        "application: {services: {web: {stop_grace: 10000ms}}}",
    ],
)
def test_what_no_service_sees_makes_no_other_release(folder: Path, change: str) -> None:
    assert released(folder, change).id == released(folder).id


def test_no_secret_gives_no_digest(folder: Path) -> None:
    without = "application: {services: {web: {secrets: null}}}"
    assert released(folder, without).secrets_digest == ""
    assert len(released(folder).secrets_digest) == 128


def test_an_image_without_a_digest_is_an_error(folder: Path) -> None:
    with pytest.raises(KeyError, match="shop"):
        release_template(settings(folder)).pinned({})


def test_every_service_is_pinned_to_the_digest_of_its_own_image(folder: Path) -> None:
    text = (
        "application: {images: {jobs: {context: examples/shop}}, services: {worker: {image: jobs}}}"
    )
    template = release_template(settings(folder, text))
    assert [each.image for each in template.release.services] == ["shop", "jobs"]
    made = template.pinned({**IMAGES, "jobs": "ghcr.io/acme/jobs@sha256:" + "1" * 64})
    assert made.images == {
        "web": "ghcr.io/acme/shop@sha256:" + "0" * 64,
        "worker": "ghcr.io/acme/jobs@sha256:" + "1" * 64,
    }


def test_smoke_tests_are_part_of_the_release(folder: Path) -> None:
    text = "application: {smoke: [{service: web, path: /docs, expect: {a.b: 1}, retries: 0}]}"
    assert released(folder, text).smoke == (
        Smoke("web", "/docs", "GET", 200, "", {"a.b": 1}, 5.0, 0),
    )
