"""What each step tells the agent, exactly; secrets go where containers are made and no further."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slipway import orders
from slipway.release.basis import Basis
from slipway.release.plan import Action, Step
from slipway.release.release import Release
from slipway.settings import Settings, release
from slipway.settings.rollout import CENTURY
from slipway.values import replace
from tests.unit.slipway.settings import sample

IMAGE = "ghcr.io/acme/shop@sha256:" + "1" * 64
FLEET = f"""
servers:
  one: {{host: 10.88.0.11, host_key: {sample.KEY}, private_address: 10.0.0.1}}
  two: {{host: 10.88.0.12, host_key: {sample.OTHER_KEY}, private_address: 10.0.0.2}}
registry: {{address: ghcr.io/acme, username: bot, password: REGISTRY_PASSWORD}}
proxy: {{image: "haproxy:2.6", http_port: 8080}}
rollout: {{bake: 3s, lease: 20m, retain: 7}}
secrets: {{REGISTRY_PASSWORD: r3gistry}}
"""
BASIS = Basis("v0", "t0ken", {"one": "10.0.0.1:8080"})
ROLLOUT = {
    "basis": {"line": "v0", "token": "t0ken", "peers": {"one": "10.0.0.1:8080"}},
    "owner": "staging",
    # A server may wait for readiness (60 s), the migration (300 s) and two batches' bakes (3 s).
    "lease": 1200.0 + 60 + 300 + 2 * 3,
    "keeping": {"retain": 7, "warm": 0.0},
}
ACCESS = {
    "registry": {
        "address": "ghcr.io/acme", "insecure": False, "username": "bot", "password": "r3gistry",
    },
    "proxy": {
        "image": "haproxy:2.6", "http_port": 8080, "network": "172.31.240.0/24", "drain": 30.0,
        "https_port": None, "certificate": "", "renew_before": 14, "redirect": True, "hsts": 0,
        "rate_limit": 0, "body_limit": 0, "max_connections": 8192,
    },
}  # fmt: skip
URL = f"postgres://shop:{sample.PASSWORD}@postgres/shop"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return sample.settings(sample.project(tmp_path), FLEET)


@pytest.fixture
def candidate(settings: Settings) -> Release:
    return release(settings, {"shop": IMAGE})


def order(action: Action, settings: Settings, candidate: Release, server: str = "two") -> Any:
    text = orders.step_order(Step(action, server), settings, "staging", candidate, BASIS)
    return json.loads(text)


def envelope(candidate: Release, server: str = "two") -> dict[str, Any]:
    return {
        "application": "shop",
        "environment": "staging",
        "server": server,
        "release": {"id": candidate.id, "version": "v1.0.0"},
        "rollout": ROLLOUT,
    }


@pytest.mark.parametrize("strategy", ["rolling", "blue-green", "canary"])
def test_a_step_is_told_the_same_on_a_way_back_so_that_the_next_preview_is_empty(
    tmp_path: Path, strategy: str
) -> None:
    placed = sample.settings(
        sample.project(tmp_path), f"{FLEET}\nrollout: {{strategy: {strategy}}}"
    )
    wanted = release(placed, {"shop": IMAGE})
    forth, back = (
        {
            step.name: orders.step_order(step, placed, "staging", wanted, BASIS)
            for step in orders.plan(placed, warm=warm)
            if isinstance(step, Step)
        }
        for warm in (False, True)
    )
    assert forth == back


def test_a_switch_is_told_its_share_and_how_long_to_watch_it(
    settings: Settings, candidate: Release
) -> None:
    step = Step(Action.SWITCH, "two", weight=25, hold=60, pause=5)
    told = json.loads(orders.step_order(step, settings, "staging", candidate, BASIS))
    watch = settings.rollout.watch.model_dump() | {"p95": None}
    assert told["rollout"] == {**ROLLOUT, "weight": 25, "bake": 60, "pause": 5, "watch": watch}


@pytest.mark.parametrize(
    ("rollout", "limit"),
    [
        ("{}", None),
        ("{watch: {p95: 300ms}}", 0.3),
        ("{strategy: canary}", 0.5),
    ],
)
def test_latency_is_limited_for_canaries_and_where_it_is_asked_for(
    tmp_path: Path, rollout: str, limit: float | None
) -> None:
    placed = sample.settings(sample.project(tmp_path), f"rollout: {rollout}")
    wanted = release(placed, {"shop": IMAGE})
    step = Step(Action.SWITCH, "one", weight=100)
    told = json.loads(orders.step_order(step, placed, "staging", wanted, BASIS))
    assert told["rollout"]["watch"]["p95"] == limit


def test_a_canary_with_few_requests_has_the_time_that_it_may_be_held_on(tmp_path: Path) -> None:
    canary = "{strategy: canary, canary: {hold: 1m}, watch: {hold_limit: 10m}}"
    placed = sample.settings(sample.project(tmp_path), f"rollout: {canary}")
    part, whole = (Step(Action.SWITCH, "one", weight=each, hold=60) for each in (25, 100))
    assert orders.step_limit(part, placed) - orders.step_limit(whole, placed) == 540
    order = json.loads(
        orders.end_order(placed, "test", "one", release(placed, {"shop": IMAGE}), BASIS)
    )
    assert (
        order["rollout"]["lease"] == 10 * 60 + 10 * 60 + 300 + 60
    )  # lease, wave, migration, readiness


@pytest.mark.parametrize("action", [Action.CONFIRM, Action.FINALIZE])
def test_a_step_that_ends_a_rollout_is_told_the_release_by_name_only(
    action: Action, settings: Settings, candidate: Release
) -> None:
    assert order(action, settings, candidate) == envelope(candidate)


@pytest.mark.parametrize("evidence", [False, True])
def test_the_end_is_told_the_same_as_the_steps_before_and_what_is_known(
    evidence: bool, settings: Settings, candidate: Release
) -> None:
    text = orders.end_order(settings, "staging", "two", candidate, BASIS, evidence=evidence)
    expected = envelope(candidate)
    assert json.loads(text) == expected | {"rollout": {**ROLLOUT, "evidence": evidence}}


def test_the_check_of_a_server_is_told_what_it_must_offer(
    settings: Settings, candidate: Release
) -> None:
    assert order(Action.PREFLIGHT, settings, candidate) == {
        **envelope(candidate),
        **ACCESS,
        "preflight": {
            "disk_free": settings.preflight.disk_free,
            "images": [IMAGE, "haproxy:2.6"],
            "domains": [],
        },
    }


def test_staging_is_told_all_that_containers_are_made_of(
    settings: Settings, candidate: Release
) -> None:
    told = order(Action.STAGE, settings, candidate)
    whole = told.pop("release")
    assert Release.from_dict(whole) == candidate
    assert whole["id"] == candidate.id
    expected = {**envelope(candidate), **ACCESS, "secrets": {"DATABASE_URL": URL}}
    del expected["release"]
    assert told == {**expected, "hosts": {"postgres": "10.0.0.1"}}


def test_the_migration_is_told_the_secrets_of_the_services(
    settings: Settings, candidate: Release
) -> None:
    assert order(Action.MIGRATE, settings, candidate) == {
        **envelope(candidate),
        "secrets": {"DATABASE_URL": URL},
        "hosts": {"postgres": "10.0.0.1"},
    }


def test_secrets_are_only_in_the_orders_that_say_so(settings: Settings, candidate: Release) -> None:
    values = [value.get_secret_value() for value in settings.secrets.values()]
    for action in Action:
        step = Step(action, "one")
        text = orders.step_order(step, settings, "staging", candidate, BASIS)
        held = any(value in text for value in values)
        assert held == step.carries_secrets, action
    abort = orders.end_order(settings, "staging", "one", candidate, BASIS)
    assert not any(value in abort for value in values)


def test_an_accessory_of_the_same_server_needs_no_address(
    settings: Settings, candidate: Release
) -> None:
    assert order(Action.STAGE, settings, candidate, "one")["hosts"] == {}


def test_the_same_rollout_gives_the_same_text_and_another_basis_another(
    settings: Settings, candidate: Release
) -> None:
    step = Step(Action.STAGE, "one")
    first, again, other = (
        orders.step_order(step, settings, "staging", candidate, basis)
        for basis in (BASIS, BASIS, replace(BASIS, line="drift"))
    )
    assert first == again != other


def test_the_order_for_an_accessory_is_its_definition_and_its_own_secrets(
    settings: Settings,
) -> None:
    told = json.loads(orders.accessory_order("postgres", settings, "staging", "not started"))
    definition = told.pop("accessory")
    assert told == {
        "application": "shop",
        "environment": "staging",
        "server": "one",
        "basis": "not started",
        "secrets": {"POSTGRES_PASSWORD": sample.PASSWORD},
        **ACCESS,
        "proxy": {"network": "172.31.240.0/24"},
    }
    assert "server" not in definition
    assert (definition["name"], definition["image"], definition["port"]) == (
        "postgres", "postgres:15", 5432,
    )  # fmt: skip


def test_an_accessory_is_published_only_where_other_servers_need_it(tmp_path: Path) -> None:
    folder = sample.project(tmp_path)
    one = "servers: {one: {private_address: 10.0.0.1}}"
    for text, address in ((FLEET, "10.0.0.1"), (one, None)):
        told = orders.accessory_order("postgres", sample.settings(folder, text), "staging", "")
        assert json.loads(told)["accessory"]["publish_address"] == address


def test_an_accessory_runs_where_the_settings_say(tmp_path: Path) -> None:
    text = FLEET + "application: {accessories: {postgres: {server: two}}}"
    placed = sample.settings(sample.project(tmp_path), text)
    assert orders.accessory_servers(placed) == {"postgres": "two"}
    assert orders.accessory_hosts(placed, "one") == {"postgres": "10.0.0.2"}
    assert orders.accessory_hosts(placed, "two") == {}


def test_no_limit_is_shorter_than_what_its_step_waits_for(settings: Settings) -> None:
    services = settings.application.services.values()
    ready = max(service.health.deadline for service in services)
    grace = max(service.stop_grace for service in services)
    migration = settings.application.migration
    assert migration
    waits = {
        Action.STAGE: ready,
        Action.MIGRATE: migration.timeout,
        Action.SWITCH: 1000 + 100 + ready + grace,
        Action.FINALIZE: settings.proxy.drain + grace,
    }
    for action, seconds in waits.items():
        step = Step(action, "one", hold=1000, pause=100)
        assert orders.step_limit(step, settings) > seconds, action
    accessory = settings.application.accessories["postgres"]
    least = accessory.health.deadline + accessory.stop_grace
    assert orders.accessory_limit("postgres", settings) > least


@pytest.mark.parametrize(
    ("rollout", "switches"),
    [
        ("{}", [("switch-one", 100, 30), ("switch-two", 100, 30)]),
        ("{strategy: blue-green, bake: 5s}", [("switch-one", 100, 5), ("switch-two", 100, 5)]),
        (
            "{strategy: canary, bake: 5s, canary: {weights: [10, 100], hold: 1m}}",
            [
                ("switch-one-at-10", 10, 60),
                ("switch-two-at-10", 10, 60),
                ("switch-one", 100, 5),
                ("switch-two", 100, 5),
            ],
        ),
    ],
    ids=["rolling", "blue-green", "canary"],
)
def test_the_plan_follows_the_strategy(
    rollout: str, switches: list[tuple[str, int, float]], tmp_path: Path
) -> None:
    text = FLEET.replace("{bake: 3s, lease: 20m, retain: 7}", rollout)
    plan = orders.plan(sample.settings(sample.project(tmp_path), text), warm=False)
    found = [step for step in plan if isinstance(step, Step) and step.action is Action.SWITCH]
    assert [(step.name, step.weight, step.hold) for step in found] == switches


@pytest.mark.parametrize(("batch", "waits"), [("1", True), ("2", False), ('"100%"', False)])
def test_batches_are_as_large_as_the_settings_say(batch: str, waits: bool, tmp_path: Path) -> None:
    text = FLEET.replace("{bake: 3s, lease: 20m, retain: 7}", f"{{batch: {batch}}}")
    plan = orders.plan(sample.settings(sample.project(tmp_path), text), warm=False)
    (second,) = (step for step in plan if step.name == "switch-two")
    assert (second.after == ("switch-one",)) == waits


def test_a_release_that_is_warm_takes_the_same_steps_and_waits_for_no_other_server(
    settings: Settings,
) -> None:
    usual, warm = (
        {step.name: step for step in orders.plan(settings, warm=warm)} for warm in (False, True)
    )
    assert warm.keys() == usual.keys()
    assert "switch-one" in usual["switch-two"].after
    assert warm["switch-two"].after == warm["switch-one"].after


@pytest.mark.parametrize(
    ("text", "migrates"), [("", True), ("application: {migration: null}", False)]
)
def test_there_is_a_migration_only_where_the_application_has_one(
    text: str, migrates: bool, tmp_path: Path
) -> None:
    plan = orders.plan(sample.settings(sample.project(tmp_path), FLEET + text), warm=False)
    assert ("migrate-one" in {step.name for step in plan}) == migrates


@pytest.mark.parametrize(
    ("rollout", "seconds"),
    [
        ("{bake: 3s, pause: 1s}", 3 + 3 + 1),
        ("{bake: 3s, strategy: blue-green}", 3),
        ("{bake: 3s, strategy: canary, canary: {hold: 1m}, watch: {too_few: fail}}", 60),
    ],
)
def test_a_server_waits_for_the_other_batches_or_for_the_longest_hold(
    rollout: str, seconds: float, tmp_path: Path
) -> None:
    text = FLEET.replace("{bake: 3s, lease: 20m, retain: 7}", rollout)
    settings = sample.settings(sample.project(tmp_path), text)
    assert orders.longest_wait(settings) == 60 + 300 + seconds


@pytest.mark.parametrize(
    ("rollout", "seconds"),
    [
        ("{}", 0),
        ("{warm: 10m}", 600),
        ("{strategy: blue-green, warm: 0s}", 0),
        ("{strategy: blue-green}", CENTURY),
        ("{warm: next}", CENTURY),
    ],
)
def test_the_release_before_stays_warm_as_the_settings_say(
    rollout: str, seconds: float, tmp_path: Path
) -> None:
    text = FLEET.replace("{bake: 3s, lease: 20m, retain: 7}", rollout)
    placed = sample.settings(sample.project(tmp_path), text)
    assert placed.rollout.warm_seconds == seconds
