"""What each step asks the agent, exactly; secrets go where containers are made and no further."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slipway.deployment.release import release_template
from slipway.deployment.requests import (
    RolloutRequests,
    accessory_hosts,
    accessory_request,
    proxy_addresses,
    registry_login,
    rollout_requests,
)
from slipway.protocol.messages import EXCHANGES, read_request, write_request
from slipway.protocol.requests import (
    AbortRequest,
    AccessoryDefinition,
    AccessoryRequest,
    CommitRequest,
    MigrateRequest,
    PreflightRequest,
    PrepareRequest,
    PullRequest,
    RegistryLogin,
    Rollout,
    SmokeRequest,
    StartRequest,
    SwitchRequest,
    Target,
)
from slipway.rollout.context import RolloutContext
from slipway.rollout.plan import PlannedStep
from slipway.rollout.release import Health, Limits, Release
from slipway.rollout.state import Proxy, Retention
from slipway.rollout.step import Step
from slipway.rollout.watch import LOG_ERRORS, Watch
from slipway.settings import Settings
from slipway.settings.rollout import CENTURY
from tests.unit.slipway.deployment.sample import FLEET, IMAGE, INSTALLATION, ROLLOUT, TOKEN
from tests.unit.slipway.settings import sample

CONTEXTS = {
    "one": RolloutContext("v0, rollout 3 of life-1", "r0llout", {"two": "10.0.0.2:8080"}),
    "two": RolloutContext("v0, rollout 4 of life-2", "r0llout", {"one": "10.0.0.1:8080"}),
}
DATABASE = "da7aba5e"
LEASE = 1500.0  # seconds
ONE, TWO = Target("shop", "staging", "one"), Target("shop", "staging", "two")
LOGIN = RegistryLogin("ghcr.io/acme", "bot", TOKEN)
PROXY = Proxy(
    image="haproxy:2.6", http_port=8080, network="172.31.240.0/24", drain=30.0, https_port=None,
    certificate="", renew_before=14, redirect=True, hsts=0, rate_limit=0, body_limit=0,
    max_connections=8192,
)  # fmt: skip
WATCH = Watch(
    log_errors=LOG_ERRORS, log_error_limit=0, error_rate=0.01, p95=None, cpu=0.8, tolerance=0.5,
    analyse=False, min_requests=100, too_few="hold", hold_limit=1800.0,
)  # fmt: skip
URL = f"postgres://shop:{sample.PASSWORD}@postgres/shop"
ROLLOUT_STEPS = (
    Step.PREFLIGHT, Step.PULL, Step.MIGRATE, Step.START, Step.SMOKE, Step.SWITCH, Step.PREPARE,
    Step.COMMIT,
)  # fmt: skip
SWITCH_AT_25 = PlannedStep(Step.SWITCH, "one", weight=25, hold=60, pause=5)
LEASES = {
    **{f"{step}-{server}": LEASE for step in ROLLOUT_STEPS for server in CONTEXTS},
    SWITCH_AT_25.name: LEASE,
    "pull-two": 1700.0,
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return sample.settings(sample.project(tmp_path), FLEET)


@pytest.fixture
def requests(settings: Settings) -> RolloutRequests:
    return rollout_requests(settings, INSTALLATION, CONTEXTS, LEASES)


@pytest.fixture
def release(settings: Settings) -> Release:
    return release_template(settings).pinned({"shop": IMAGE})


def of(folder: Path, text: str) -> RolloutRequests:
    """The requests of the settings with `text` laid over them."""
    settings = sample.settings(sample.project(folder), text)
    return rollout_requests(settings, INSTALLATION, CONTEXTS, LEASES)


def rollout(release: Release, server: str = "two", lease: float = LEASE) -> Rollout:
    return Rollout(release.id, "v1.0.0", CONTEXTS[server], lease, Retention(7, 0.0))


def test_preflight_is_asked_what_the_server_must_offer(
    requests: RolloutRequests, release: Release
) -> None:
    assert requests.of(PlannedStep(Step.PREFLIGHT, "two"), release, DATABASE) == PreflightRequest(
        TWO,
        rollout(release),
        registry=LOGIN,
        proxy=PROXY,
        certificate="",
        disk_free=1 << 30,
        images=(IMAGE, "haproxy:2.6"),
        domains=(),
    )


def test_a_pull_is_told_the_whole_release(requests: RolloutRequests, release: Release) -> None:
    assert requests.of(PlannedStep(Step.PULL, "two"), release, DATABASE) == PullRequest(
        TWO, rollout(release, lease=LEASES["pull-two"]), release, registry=LOGIN, proxy=PROXY
    )


def test_a_migration_and_a_start_are_given_what_containers_are_made_of(
    requests: RolloutRequests, release: Release
) -> None:
    given: Any = {
        "database": DATABASE,
        "secrets": {"DATABASE_URL": URL},
        "hosts": {"postgres": "10.0.0.1"},
    }
    migrate, start = (
        requests.of(PlannedStep(step, "two"), release, DATABASE)
        for step in (Step.MIGRATE, Step.START)
    )
    assert migrate == MigrateRequest(TWO, rollout(release), **given)
    assert start == StartRequest(TWO, rollout(release), **given, certificate="")


def test_an_accessory_of_the_same_server_needs_no_address(
    requests: RolloutRequests, release: Release
) -> None:
    assert requests.of(PlannedStep(Step.START, "one"), release, DATABASE).hosts == {}


def test_a_switch_is_told_its_share_and_how_long_to_watch_it(
    requests: RolloutRequests, release: Release
) -> None:
    assert requests.of(SWITCH_AT_25, release, DATABASE) == SwitchRequest(
        ONE, rollout(release, "one"), weight=25, pause=5, bake=60, watch=WATCH
    )


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (Step.SMOKE, SmokeRequest),
        (Step.PREPARE, PrepareRequest),
        (Step.COMMIT, CommitRequest),
    ],
)
def test_other_steps_are_told_the_release_by_its_id_only(
    step: Step, kind: type, requests: RolloutRequests, release: Release
) -> None:
    assert requests.of(PlannedStep(step, "two"), release, DATABASE) == kind(TWO, rollout(release))


@pytest.mark.parametrize("step", ROLLOUT_STEPS)
def test_every_request_is_the_one_that_its_step_reads(
    step: Step, requests: RolloutRequests, release: Release
) -> None:
    request = requests.of(PlannedStep(step, "two"), release, DATABASE)
    assert type(request) is EXCHANGES[step].request
    assert read_request(step, write_request(request)) == request


@pytest.mark.parametrize("peer_aborted", [False, True])
def test_an_abort_is_of_the_same_rollout_and_tells_what_is_known_of_the_others(
    peer_aborted: bool, requests: RolloutRequests, release: Release
) -> None:
    expected = AbortRequest(TWO, rollout(release), peer_aborted)
    assert requests.abort("two", release, peer_aborted=peer_aborted) == expected


def test_a_commit_is_the_same_by_the_plan_and_after_a_failure(
    requests: RolloutRequests, release: Release
) -> None:
    planned = requests.of(PlannedStep(Step.COMMIT, "one"), release, DATABASE)
    assert requests.commit("one", release) == planned == CommitRequest(ONE, rollout(release, "one"))


def test_secrets_are_only_in_the_requests_that_say_so(
    settings: Settings, requests: RolloutRequests, release: Release
) -> None:
    values = [value.get_secret_value() for value in settings.secrets.values()]
    holding = set()
    for each in ROLLOUT_STEPS:
        step = PlannedStep(each, "two")
        text = write_request(requests.of(step, release, DATABASE))
        if any(value in text for value in values):
            holding.add(each)
        assert step.carries_secrets == (each in holding), each
    assert holding == {Step.PREFLIGHT, Step.PULL, Step.MIGRATE, Step.START}
    abort = write_request(requests.abort("two", release, peer_aborted=True))
    assert not any(value in abort for value in values)


def test_what_is_printed_of_requests_shows_no_secret(
    requests: RolloutRequests, release: Release, settings: Settings
) -> None:
    printed = [repr(requests), repr(accessory_request("postgres", settings, INSTALLATION, ""))]
    printed += [
        repr(requests.of(PlannedStep(each, "two"), release, DATABASE)) for each in ROLLOUT_STEPS
    ]
    for text in printed:
        assert "shop" in text
        assert sample.PASSWORD not in text
        assert TOKEN not in text


def test_the_same_rollout_gives_the_same_text_and_another_context_another(
    requests: RolloutRequests, release: Release
) -> None:
    drifted = replace(CONTEXTS["one"], observed="v0, web-1: missing")
    other = replace(requests, contexts={**CONTEXTS, "one": drifted})
    for each in ROLLOUT_STEPS:
        step = PlannedStep(each, "one")
        first, again, changed = (
            write_request(it.of(step, release, DATABASE)) for it in (requests, requests, other)
        )
        assert first == again != changed


def test_a_certificate_goes_to_the_servers_with_the_digest_that_tells_it_from_the_next(
    tmp_path: Path,
) -> None:
    pem = "c3rtificate-with-its-key"
    text = FLEET.replace("secrets: {", f"secrets: {{TLS: {pem}, ")
    text = text.replace("http_port: 8080", "http_port: 8080, https_port: 443, certificate: TLS")
    text += "application: {services: {web: {domains: [b.example.org, a.example.org]}}}"
    settings = sample.settings(sample.project(tmp_path), text)
    requests = rollout_requests(settings, INSTALLATION, CONTEXTS, LEASES)
    release = release_template(settings).pinned({"shop": IMAGE})
    for each in (Step.PREFLIGHT, Step.START):
        assert requests.of(PlannedStep(each, "one"), release, DATABASE).certificate == pem
    for each in (Step.PREFLIGHT, Step.PULL):
        request = requests.of(PlannedStep(each, "one"), release, DATABASE)
        assert request.proxy.certificate == hashlib.sha256(pem.encode()).hexdigest()[:16]
        assert request.proxy.https_port == 443
    preflight = requests.of(PlannedStep(Step.PREFLIGHT, "one"), release, DATABASE)
    assert preflight.domains == ("a.example.org", "b.example.org")
    assert pem not in repr(requests)


def test_an_accessory_is_asked_for_by_its_definition_and_its_own_secrets(
    tmp_path: Path,
) -> None:
    text = f"""{FLEET}
application:
  accessories:
    postgres:
      command: [postgres, -c, fsync=on]
      environment: {{POSTGRES_USER: shop}}
      volumes: {{data: /var/lib/postgresql/data}}
      health: {{kind: postgres, deadline: 90s}}
      limits: {{memory: 1G, cpus: 2}}
      stop_grace: 45s
"""
    settings = sample.settings(sample.project(tmp_path), text)
    request = accessory_request("postgres", settings, INSTALLATION, "not started in life-1")
    assert request == AccessoryRequest(
        ONE,
        "not started in life-1",
        AccessoryDefinition(
            name="postgres",
            image="postgres:15",
            command=("postgres", "-c", "fsync=on"),
            port=5432,
            publish_address="10.0.0.1",
            environment={"POSTGRES_USER": "shop"},
            secrets=("POSTGRES_PASSWORD",),
            volumes={"data": "/var/lib/postgresql/data"},
            health=Health("postgres", deadline=90.0),
            limits=Limits(1 << 30, 2.0),
            stop_grace=45.0,
        ),
        secrets={"POSTGRES_PASSWORD": sample.PASSWORD},
        registry=LOGIN,
        network="172.31.240.0/24",
    )
    assert read_request(Step.ACCESSORY, write_request(request)) == request


def test_an_accessory_is_published_only_where_other_servers_need_it(tmp_path: Path) -> None:
    alone = sample.settings(sample.project(tmp_path), "servers: {one: {private_address: 10.0.0.1}}")
    request = accessory_request("postgres", alone, INSTALLATION, "")
    assert request.accessory.publish_address is None


def test_services_are_told_where_the_accessories_of_other_servers_are(tmp_path: Path) -> None:
    text = FLEET + "application: {accessories: {postgres: {server: two}}}"
    placed = sample.settings(sample.project(tmp_path), text)
    assert accessory_request("postgres", placed, INSTALLATION, "").target == TWO
    assert accessory_hosts(placed, "one") == {"postgres": "10.0.0.2"}
    assert accessory_hosts(placed, "two") == {}


def test_a_registry_without_a_user_is_asked_without_a_login(tmp_path: Path) -> None:
    plain = sample.settings(sample.project(tmp_path))
    assert registry_login(plain) == RegistryLogin("ghcr.io/acme", None, None)


@pytest.mark.parametrize(
    ("chosen", "limit"), [("{}", None), ("{watch: {p95: 300ms}}", 0.3), ("{strategy: canary}", 0.5)]
)
def test_latency_is_limited_for_canaries_and_where_it_is_asked_for(
    chosen: str, limit: float | None, tmp_path: Path
) -> None:
    assert of(tmp_path, FLEET.replace(ROLLOUT, chosen)).watch.p95 == limit


@pytest.mark.parametrize(
    ("chosen", "seconds"),
    [
        ("{}", 0),
        ("{warm: 10m}", 600),
        ("{strategy: blue-green, warm: 0s}", 0),
        ("{strategy: blue-green}", CENTURY),
        ("{warm: next}", CENTURY),
    ],
)
def test_the_release_before_stays_warm_as_the_settings_say(
    chosen: str, seconds: float, tmp_path: Path
) -> None:
    requests = of(tmp_path, FLEET.replace(ROLLOUT, chosen))
    assert requests.retention == Retention(5, seconds)


def test_servers_reach_each_other_by_their_private_addresses(tmp_path: Path) -> None:
    text = f"""
servers:
  one: {{host: shop.example.org, host_key: {sample.KEY}}}
  two: {{host: 203.0.113.2, host_key: {sample.OTHER_KEY}, private_address: 10.0.0.2}}
proxy: {{http_port: 8080}}
application: {{accessories: {{postgres: null}}}}
"""
    found = proxy_addresses(sample.settings(sample.project(tmp_path), text))
    assert found == {"one": "shop.example.org:8080", "two": "10.0.0.2:8080"}


def test_an_ipv6_address_is_set_apart_from_its_port(tmp_path: Path) -> None:
    text = 'servers: {one: {host: "2001:db8::1"}}'
    found = proxy_addresses(sample.settings(sample.project(tmp_path), text))
    assert found == {"one": "[2001:db8::1]:80"}
