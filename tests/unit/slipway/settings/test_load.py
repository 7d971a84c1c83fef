"""A stack's configuration is accepted whole, or refused with everything that is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slipway.settings import SettingsError, load
from tests.unit.slipway.settings.sample import VALID, changed, faults, settings


def test_valid_settings_are_loaded_with_their_defaults(folder: Path) -> None:
    loaded = settings(folder)
    web = loaded.application.services["web"]
    assert (web.image, web.port, web.replicas, web.health.kind) == ("shop", 8000, 1, "container")
    assert loaded.proxy.network == "172.31.240.0/24"
    assert (loaded.rollout.lease, loaded.preflight.disk_free) == (600.0, 1 << 30)
    assert loaded.builds


def test_objects_may_come_as_json_text(folder: Path) -> None:
    given = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in changed("build: false").items()
    }
    assert load("staging", given, folder) == settings(folder, "build: false")


def test_secrets_are_encrypted_and_what_makes_a_release_is_not(folder: Path) -> None:
    values = changed("{}")
    assert load("staging", values, folder, {"secrets"}) == settings(folder)
    with pytest.raises(SettingsError) as error:
        load("staging", values, folder, {"application"})
    release, secrets = str(error.value).splitlines()
    assert release.startswith(
        "staging/application: has an encrypted value, which a rollback cannot read"
    )
    assert secrets.startswith("staging/secrets: is in plain text. Set each secret again")


def test_text_is_not_taken_for_json(folder: Path) -> None:
    assert settings(folder, 'version: "1.10"').version == "1.10"


def test_overrides_change_the_application_of_one_stack(folder: Path) -> None:
    values = changed("application: {services: {web: {limits: {memory: 1G}}}}")
    over = {"replicas": 3, "command": ["slow"], "limits": None}
    values["overrides"] = {"services": {"web": over}, "migration": None}
    loaded = load("staging", values, folder)
    web = loaded.application.services["web"]
    assert (web.replicas, web.command, web.limits.memory, web.port) == (3, ("slow",), None, 8000)
    assert loaded.application.migration is None


def test_the_order_of_keys_means_nothing(folder: Path) -> None:
    backwards = dict(reversed(list(VALID.items())))
    backwards["servers"] = {"two": dict(VALID["servers"]["one"], host="two"), **VALID["servers"]}
    backwards["application"] = dict(VALID["application"], accessories={})
    assert list(load("staging", backwards, folder).servers) == ["one", "two"]


def test_an_accessory_runs_on_the_first_server_or_the_one_it_names(folder: Path) -> None:
    loaded = settings(
        folder,
        """
        application: {accessories: {redis: {image: "redis:7", server: two}}}
        servers: {two: {host: two, host_key: KEY}, one: {private_address: 10.0.0.1}}
        """.replace("KEY", VALID["servers"]["one"]["host_key"]),
    )
    assert [loaded.server_of(name) for name in ("postgres", "redis")] == ["one", "two"]


def test_five_mistakes_are_reported_at_once(folder: Path) -> None:
    lines = faults(
        folder,
        """
        version: null
        application:
          services: {web: {image: shp, replicas: 0, repilcas: 2}}
        servers: {one: {host_key: null}}
        """,
    )
    assert [line.partition(". ")[0] for line in lines] == [
        "staging/application/services/web/image: there is no image `shp`",
        "staging/application/services/web/repilcas: unknown key",
        "staging/application/services/web/replicas: must be at least 1, not 0",
        "staging/servers/one: has no `host_key`, and known_hosts has none of 10.88.0.11",
        "staging/version: is required",
    ]


def test_a_key_with_a_line_break_stays_on_one_line(folder: Path) -> None:
    assert faults(folder, '"ver\\nsion": x') == [
        r"staging/'ver\nsion': unknown key. Did you mean `version`?"
    ]


def test_there_is_something_to_deploy_and_somewhere_to_deploy_it(folder: Path) -> None:
    values = changed("application: {accessories: null, migration: null}")
    values["servers"] = {}
    values["application"] = {"name": "shop", "images": {}, "services": {}}
    with pytest.raises(SettingsError) as caught:
        load("staging", values, folder)
    assert [fault.path for fault in caught.value.faults if fault.what == "must not be empty"] == [
        ("application", "images"),
        ("application", "services"),
        ("servers",),
    ]


def test_nothing_at_all_lists_what_is_required(folder: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load("staging", {}, folder)
    required = [fault.path for fault in caught.value.faults if fault.what == "is required"]
    assert required == [("application",), ("registry",), ("servers",), ("version",)]
    assert len(caught.value.faults) == len(required)


@pytest.mark.parametrize(
    "change",
    [
        "application: {services: {worker: 5}}",
        "application: {services: {worker: {image: null}}}",
        "application: {services: {web: {environment: {A: 1}}}}",
        "application: {services: {web: {domains: [3]}}}",
        "application: {images: {shop: {context: 1}}}",
        "application: {migration: {service: 7}}",
        "servers: {one: {host: null, host_key: null}}",
        "registry: {username: 1}",
        "secrets: {DATABASE_URL: 1}",
    ],
)
def test_a_fault_hides_no_other_and_invents_none(folder: Path, change: str) -> None:
    alone = faults(folder, change)
    both = faults(folder, f"{change}\noverrides: {{migration: {{service: wbe}}}}")
    assert len(alone) == 1
    assert [line for line in both if "wbe" in line] == [
        "staging/overrides/migration/service: there is no service `wbe`. Did you mean `web`?"
    ]
