from __future__ import annotations

import re
from dataclasses import replace

import pytest

from slipway.agent.engine.containers import Place, of, payload, task_name, task_payload
from slipway.errors import SlipwayError
from slipway.protocol.requests import Target
from slipway.rollout.release import Limits, Release, Service, Task
from slipway.rollout.state import Revision
from slipway.rollout.tasks import Kind, Run

WEB = Service(
    "web",
    "registry/shop@sha256:1",
    command=("serve", "--fast"),
    port=8000,
    environment={"MODE": "live"},
    secrets=("TOKEN",),
    limits=Limits(memory=1024, cpus=0.5),
    stop_grace=2.5,
)
RELEASE = Release("shop", "v1", (WEB,))
REVISION = Revision(RELEASE, "a", {"web-1": "172.31.240.10"})
TARGET = Target("shop", "production", "production-1")
PLACE = Place(TARGET, {"postgres": "10.0.0.5"}, {"TOKEN": "s3cret"})


def test_a_container_has_all_that_its_service_asks_for() -> None:
    (container,) = of("shop", REVISION)
    body = payload(container, RELEASE, PLACE)
    mark = body["Labels"].pop("slipway.definition")
    assert len(mark) == 12
    assert container.name == f"shop-web-{RELEASE.id[:8]}-1"
    assert body == {
        "Image": "registry/shop@sha256:1",
        "Cmd": ["serve", "--fast"],
        "Env": [
            "MODE=live",
            f"SLIPWAY_RELEASE={RELEASE.id}",
            "SLIPWAY_SERVER=production-1",
            "SLIPWAY_VERSION=v1",
            "TOKEN=s3cret",
        ],
        "Labels": {
            "slipway.application": "shop",
            "slipway.environment": "production",
            "slipway.kind": "service",
            "slipway.service": "web",
            "slipway.release": RELEASE.id,
            "slipway.replica": "1",
            "slipway.secrets": "TOKEN",
        },
        "StopTimeout": 3,
        "HostConfig": {
            "NetworkMode": "shop",
            "RestartPolicy": {"Name": "unless-stopped"},
            "ExtraHosts": ["postgres:10.0.0.5"],
            "LogConfig": {"Type": "local", "Config": {"max-size": "10m", "max-file": "3"}},
            "SecurityOpt": ["no-new-privileges:true"],
            "Memory": 1024,
            "MemorySwap": 1024,
            "NanoCpus": 500_000_000,
        },
        "NetworkingConfig": {
            "EndpointsConfig": {"shop": {"IPAMConfig": {"IPv4Address": "172.31.240.10"}}}
        },
    }


def test_an_image_s_own_command_is_left_alone() -> None:
    bare = Release("shop", "v1", (replace(WEB, command=()),))
    (container,) = of("shop", replace(REVISION, release=bare))
    assert "Cmd" not in payload(container, bare, PLACE)


def test_no_label_can_be_compared_with_a_guessed_secret() -> None:
    (container,) = of("shop", REVISION)
    other = replace(PLACE, secrets={"TOKEN": "another"})
    marks = [payload(container, RELEASE, p)["Labels"] for p in (PLACE, other)]
    assert marks[0] == marks[1]


def test_another_environment_is_another_definition() -> None:
    (container,) = of("shop", REVISION)
    moved = replace(PLACE, hosts={"postgres": "10.0.0.6"})
    marks = [payload(container, RELEASE, p)["Labels"]["slipway.definition"] for p in (PLACE, moved)]
    assert marks[0] != marks[1]


def test_a_secret_without_a_value_is_an_error_that_names_it() -> None:
    (container,) = of("shop", REVISION)
    with pytest.raises(SlipwayError, match="no value for secret TOKEN"):
        payload(container, RELEASE, replace(PLACE, secrets={}))


def test_a_migration_has_the_environment_of_its_service_and_is_not_restarted() -> None:
    run = Run(Kind.MIGRATION, "db/0123", Task("web", ("migrate", "up")))
    body = task_payload(WEB, run, RELEASE, PLACE)
    assert body["Cmd"] == ["migrate", "up"]
    assert "TOKEN=s3cret" in body["Env"]
    assert "RestartPolicy" not in body["HostConfig"]
    assert "NetworkingConfig" not in body


def test_a_command_on_another_database_has_another_container() -> None:
    one, other = (
        Run(Kind.SETUP, run, Task("web", ("create",))) for run in ("db/setup", "d2/setup")
    )
    assert re.fullmatch("shop-setup-[0-9a-f]{8}", task_name("shop", one))
    assert task_name("shop", one) != task_name("shop", other)
