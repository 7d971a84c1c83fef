"""What is decided, from settings and observations alone: by tables, and by property tests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from slipway.deployment.deployment import Deployment, ImageDeployment, RegistryAccess, decide
from slipway.errors import SlipwayError
from slipway.observe.observed import Observed
from slipway.observe.registry import Credentials, Published
from slipway.observe.status import Status
from slipway.protocol.answers import AccessoryReport, Running
from slipway.rollout.plan import PlannedStep
from slipway.rollout.state import Phase
from slipway.rollout.step import Step
from slipway.rollout.tasks import database_id, runs
from slipway.settings import Settings, SettingsError, load
from slipway.settings.application import Image
from slipway.ssh import Host
from tests.unit.slipway.deployment.sample import (
    DIGEST,
    FLEET,
    IMAGE,
    IMAGES,
    INSTALLATION,
    OTHER_DIGEST,
    ROLLOUT,
    TOKEN,
    fresh,
    observed,
    settled,
    state_with_log,
)
from tests.unit.slipway.settings import sample

PROMOTED = FLEET + "promote_from: staging\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return sample.settings(sample.project(tmp_path), FLEET)


def decided(settings: Settings, *statuses: Status, **observation: Any) -> Deployment:
    return decide(settings, "staging", observed(settings, *statuses, **observation))


def planned(deployment: Deployment) -> list[PlannedStep]:
    return [each for each in deployment.rollout.plan if isinstance(each, PlannedStep)]


def names(deployment: Deployment) -> list[str]:
    return [each.name for each in deployment.rollout.plan]


# Images


def test_a_published_version_is_used_by_its_digest(settings: Settings) -> None:
    deployment = decided(settings, state={"urn:pulumi:staging::p::docker:x::shop-build": {}})
    image = deployment.images["shop"]
    assert image.digest == DIGEST
    assert image.repository == "ghcr.io/acme/shop"
    assert image.version == "v1.0.0"
    assert image.tags == {"sha": "sha-0123456789ab", "branch": "main", "latest": "latest"}
    assert image.declared == {"shop-build"}
    assert image.known == frozenset()
    assert image.build == Image(context="examples/shop")
    assert deployment.rollout.release is not None
    assert deployment.rollout.release.images == IMAGES


def test_a_version_that_is_yet_to_be_built_has_a_release_once_it_has_a_digest(
    settings: Settings,
) -> None:
    deployment = decided(settings, published=Published({"shop": None}))
    assert deployment.builds
    assert deployment.images["shop"].digest is None
    assert deployment.rollout.release is None
    assert deployment.rollout.changing == {"one", "two"}, "any server may be changed by it"
    release = deployment.rollout.release_of({"shop": IMAGE})
    published = decided(settings).rollout
    assert release == published.release == published.release_of({})


def test_digests_that_have_run_here_are_known(settings: Settings) -> None:
    log = {"v1.0.0": {"web": IMAGE}, "v0.9.0": {"web": f"ghcr.io/acme/shop@{OTHER_DIGEST}"}}
    deployment = decided(settings, state=state_with_log(log))
    assert deployment.images["shop"].known == {DIGEST}
    assert deployment.log == log


def test_the_registry_is_reached_with_the_login_of_the_settings(
    settings: Settings, tmp_path: Path
) -> None:
    expected = RegistryAccess("ghcr.io/acme", False, Credentials("bot", TOKEN))
    deployment = decided(settings)
    assert deployment.registry == deployment.images["shop"].registry == expected
    assert expected.host == "ghcr.io"
    plain = decided(sample.settings(tmp_path, "registry: {insecure: true}"))
    assert plain.registry == RegistryAccess("ghcr.io/acme", True, None)


# Production


def test_production_runs_the_digests_that_staging_ran_and_builds_nothing(tmp_path: Path) -> None:
    promoted = load("production", sample.changed(PROMOTED), sample.project(tmp_path))
    there = state_with_log({"v1.0.0": {"web": IMAGE}})
    deployment = decided(promoted, promoted=there)
    assert not deployment.builds
    assert deployment.images["shop"].digest == DIGEST


@pytest.mark.parametrize(
    ("log", "what"),
    [
        ({}, "staging never ran it"),
        ({"v0.9.0": {"web": IMAGE}}, "staging never ran it"),
        ({"v1.0.0": {"web": f"ghcr.io/acme/shop@{OTHER_DIGEST}"}}, "is not what staging ran"),
    ],
)
def test_production_refuses_what_staging_did_not_run(
    log: dict[str, Any], what: str, tmp_path: Path
) -> None:
    promoted = load("production", sample.changed(PROMOTED), sample.project(tmp_path))
    with pytest.raises(SlipwayError, match=what):
        decided(promoted, promoted=state_with_log(log))


# Servers


def test_every_server_is_deployed_to_as_it_was_observed(settings: Settings) -> None:
    deployment = decided(settings, replace(fresh("two"), life="life-9"))
    assert list(deployment.servers) == ["one", "two"]
    two = deployment.servers["two"]
    assert two.host == Host("two", "10.88.0.12", sample.OTHER_KEY, "deploy", 22)
    assert two.status.life == "life-9"
    assert two.installation == INSTALLATION


def test_a_server_with_another_environment_of_the_application_is_refused(
    settings: Settings,
) -> None:
    taken = replace(fresh("two"), others=("production", "preview"))
    with pytest.raises(SlipwayError) as error:
        decided(settings, taken)
    assert str(error.value) == (
        "servers/two: the environment production, preview of shop is there."
        " Use different servers for each environment of an application"
    )


def test_all_servers_that_are_taken_are_named_at_once(settings: Settings) -> None:
    both = [replace(fresh(name), others=("production",)) for name in ("one", "two")]
    with pytest.raises(SlipwayError, match=r"servers/one: .*servers/two: "):
        decided(settings, *both)


def test_a_server_that_has_settled_is_not_changed_and_keeps_its_context(
    settings: Settings,
) -> None:
    before = decided(settings)
    one, two = settled(before, "one"), replace(settled(before, "two"), problems=("web-1: gone",))
    after = decided(settings, one, two).rollout
    assert after.changing == {"two"}
    assert after.requests.contexts["one"] == one.context
    assert after.requests.contexts["two"].observed.endswith("; web-1: gone")
    assert after.requests.contexts["two"].peers == {}


def test_nothing_is_asked_anew_of_servers_that_have_all_settled(settings: Settings) -> None:
    before = decided(settings)
    again = decided(settings, settled(before, "one"), settled(before, "two"))
    assert again.rollout.changing == frozenset()
    assert again.rollout.requests == before.rollout.requests
    assert again.rollout.plan == before.rollout.plan


# Accessories


def test_an_accessory_runs_on_its_server_on_what_was_observed_there(settings: Settings) -> None:
    running = replace(
        fresh("one"), accessories={"postgres": AccessoryReport("not started in life-0", 1, "", "")}
    )
    new, kept = (
        decided(settings, status).accessories["postgres"] for status in (fresh("one"), running)
    )
    assert new.host.name == new.request.target.server == "one"
    assert new.request.context == "not started in life-one"
    assert kept.request.context == "not started in life-0"
    assert new.limit == 60 + 900 + 30 + 60  # working, pulling, stopping, readiness
    assert new.installation == INSTALLATION


def test_an_accessory_that_would_leave_its_data_is_refused(tmp_path: Path) -> None:
    text = FLEET + "application: {accessories: {postgres: {volumes: {data: /data}}}}"
    it = sample.settings(sample.project(tmp_path), text)
    urn = "urn:pulumi:staging::slipway::slipway:index:Accessory::postgres"
    state = {urn: {"outputs": {"server": "two"}}}
    with pytest.raises(SettingsError, match="its volumes are on `two`"):
        decided(it, state=state)


def test_a_secret_that_is_too_short_to_be_masked_is_a_warning(tmp_path: Path) -> None:
    text = FLEET.replace("secrets: {", 'secrets: {FLAG: "on", ')
    (warning,) = decided(sample.settings(sample.project(tmp_path), text)).warnings
    assert warning.startswith("secrets/FLAG: it has fewer than 3 characters, so it is not masked")


def test_all_warnings_are_told(tmp_path: Path) -> None:
    accessory = "{postgres: {server: one, volumes: {data: /data}}}"
    it = sample.settings(
        sample.project(tmp_path), f"{FLEET}application: {{accessories: {accessory}}}"
    )
    urn = "urn:pulumi:staging::slipway::slipway:index:Accessory::postgres"
    state = {urn: {"outputs": {"server": "two"}}, **state_with_log({"v1.0.0": {"web": IMAGE}})}
    silent = Published({}, fault=SlipwayError("it cannot be reached", where="registry"))
    moved, cut_off = decided(it, published=silent, state=state).warnings
    assert moved.startswith("application/accessories/postgres: its volumes on `two` stay there")
    assert cut_off.endswith("Version v1.0.0 is deployed as it ran here before")


# The rollout


@pytest.mark.parametrize(
    ("rollout", "switches"),
    [
        (
            "{pause: 5s}",
            [("switch-one", 100, 30, 0, "all-start"), ("switch-two", 100, 30, 5, "switch-one")],
        ),
        (
            "{batch: 2}",
            [("switch-one", 100, 30, 0, "all-start"), ("switch-two", 100, 30, 0, "all-start")],
        ),
        (
            '{batch: "100%"}',
            [("switch-one", 100, 30, 0, "all-start"), ("switch-two", 100, 30, 0, "all-start")],
        ),
        (
            "{strategy: blue-green, bake: 5s}",
            [("switch-one", 100, 5, 0, "all-start"), ("switch-two", 100, 5, 0, "all-start")],
        ),
        (
            "{strategy: canary, bake: 5s, canary: {weights: [10, 100], hold: 1m}}",
            [
                ("switch-one-at-10", 10, 60, 0, "all-start"),
                ("switch-two-at-10", 10, 60, 0, "all-start"),
                ("switch-one", 100, 5, 0, "batch-1"),
                ("switch-two", 100, 5, 0, "batch-1"),
            ],
        ),
    ],
    ids=["rolling", "two at once", "all at once", "blue-green", "canary"],
)
def test_the_plan_follows_the_strategy(
    rollout: str, switches: list[tuple[str, int, float, float, str]], tmp_path: Path
) -> None:
    text = FLEET.replace(ROLLOUT, rollout) + "application: {migration: null}"
    deployment = decided(sample.settings(sample.project(tmp_path), text))
    found = [step for step in planned(deployment) if step.step is Step.SWITCH]
    assert [(s.name, s.weight, s.hold, s.pause, *s.after) for s in found] == switches


@pytest.mark.parametrize(
    ("text", "step", "there"),
    [
        ("", "migrate-one", True),
        ("application: {migration: null}", "migrate-one", False),
        ("application: {smoke: [{service: web}]}", "smoke-two", True),
        ("", "smoke-two", False),
    ],
)
def test_migration_and_smoke_tests_are_planned_where_the_application_has_them(
    text: str, step: str, there: bool, tmp_path: Path
) -> None:
    deployment = decided(sample.settings(sample.project(tmp_path), FLEET + text))
    assert (step in names(deployment)) == there


def test_every_step_has_a_limit_and_a_server_to_run_on(settings: Settings) -> None:
    rollout = decided(settings).rollout
    steps = {step.name for step in planned(decided(settings))}
    assert rollout.limits.keys() == steps
    assert rollout.limits["migrate-one"] == 60 + 300
    assert rollout.hosts.keys() == {"one", "two"}
    assert rollout.hosts["one"].address == "10.88.0.11"
    assert rollout.requests.installation.environment == "staging"


def test_a_lease_covers_what_a_server_waits_for_the_others(settings: Settings) -> None:
    leases = decided(settings).rollout.requests.leases
    assert leases.keys() == {step.name for step in planned(decided(settings))}
    # 20 min of its own; readiness, and two batches' bake times, or what the step itself waits for.
    assert leases["prepare-one"] == 1200 + 60 + 2 * 3
    assert leases["migrate-one"] == 1200 + 300
    # Then an accessory gets ready, and the other server migrates.
    assert leases["pull-one"] == 1200 + (30 + 60) + 300


def warm(deployment: Deployment, server: str) -> Status:
    """The server of a later release, beside which this deployment's containers still run."""
    status = settled(deployment, server)
    later = Running("bbbbbbbbbbbb", "v2.0.0", {}, since=1.9e9)
    return replace(status, serving=later, previous=status.serving, warm=True)


@pytest.mark.parametrize("strategy", ["rolling", "blue-green", "canary"])
def test_a_way_back_to_warm_containers_has_the_same_resources_with_the_same_requests(
    strategy: str, tmp_path: Path
) -> None:
    text = FLEET.replace(ROLLOUT, f"{{strategy: {strategy}}}")
    it = sample.settings(sample.project(tmp_path), text)
    cold = decided(it)
    back = decided(it, warm(cold, "one"), warm(cold, "two"))
    assert sorted(names(back)) == sorted(names(cold))
    assert back.rollout.limits == cold.rollout.limits
    release = cold.rollout.release
    assert release is not None
    contexts = back.rollout.requests.contexts
    planned_alike = replace(cold.rollout.requests, contexts=contexts)
    for step, other in zip(
        sorted(planned(cold), key=lambda each: each.name),
        sorted(planned(back), key=lambda each: each.name),
        strict=True,
    ):
        assert planned_alike.of(step, release, "db") == back.rollout.requests.of(
            other, release, "db"
        )


def test_a_way_back_to_warm_containers_waits_for_no_other_server_and_no_preflight(
    settings: Settings,
) -> None:
    cold = decided(settings)
    back = decided(settings, warm(cold, "one"), warm(cold, "two"))
    forth, after = ({s.name: s.after for s in planned(each)} for each in (cold, back))
    assert forth["switch-two"] == ("switch-one",)
    assert after["switch-two"] == after["switch-one"]
    assert forth["pull-one"] == ("all-preflight",)
    assert after["pull-one"] == ()


def test_one_server_without_warm_containers_makes_it_an_ordinary_rollout(
    settings: Settings,
) -> None:
    cold = decided(settings)
    mixed = decided(settings, warm(cold, "one"), replace(warm(cold, "two"), warm=False))
    assert mixed.rollout.plan == cold.rollout.plan


def test_what_is_printed_of_a_deployment_shows_no_secret(settings: Settings) -> None:
    printed = repr(decided(settings))
    assert "ghcr.io/acme/shop" in printed
    assert "REGISTRY_PASSWORD" not in printed
    for value in settings.secrets.values():
        assert value.get_secret_value() not in printed


# For all observations

STRATEGIES = ["{}", '{batch: "50%"}', "{strategy: blue-green}", "{strategy: canary}"]
RELEASES = ["v1.0.0", "v0.9.0"]


@pytest.fixture(scope="module")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> list[Settings]:
    """Of one to three servers, in every strategy; without secrets, whose digest is slow."""
    folder = sample.project(tmp_path_factory.mktemp("fleets"))
    servers = [f"{name}: {{host: 10.88.0.1{n}, host_key: {sample.KEY},"
               f" private_address: 10.0.0.{n}}}"
               for n, name in enumerate(["one", "two", "three"], 1)]  # fmt: skip
    return [
        sample.settings(
            folder,
            f"servers: {{{', '.join(servers[:count])}}}\nrollout: {strategy}\n"
            "application: {services: {web: {secrets: null}}}",
        )
        for count in (1, 2, 3)
        for strategy in STRATEGIES
    ]


@st.composite
def observations(draw: st.DrawFn, settings: Settings) -> Observed:
    """Any mixture of servers: fresh, settled, drifted, half-way, warm, on another release."""
    base = decided(settings)
    found = []
    for server in settings.servers:
        other = Running("cccccccccccc", "v0.9.0", {}, since=1.7e9)
        kinds = (
            fresh(server),
            settled(base, server),
            replace(settled(base, server), serving=other),
            warm(base, server),
        )
        status = draw(st.sampled_from(kinds))
        if draw(st.booleans()):
            status = replace(status, problems=("web-1: missing",))
        if draw(st.booleans()):
            status = replace(status, phase=draw(st.sampled_from(list(Phase))))
        found.append(replace(status, epoch=draw(st.integers(0, 3))))
    digest = draw(st.sampled_from([DIGEST, None]))
    return observed(settings, *found, published=Published({"shop": digest}))


def anywhere(draw: st.DataObject, fleets: Sequence[Settings]) -> tuple[Settings, Observed]:
    settings = draw.draw(st.sampled_from(fleets))
    return settings, draw.draw(observations(settings))


each_time = profile(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@each_time
@given(data=st.data())
def test_the_same_settings_and_observations_give_the_same_deployment(
    fleets: list[Settings], data: st.DataObject
) -> None:
    settings, seen = anywhere(data, fleets)
    assert decide(settings, "staging", seen) == decide(settings, "staging", seen)


@each_time
@given(data=st.data())
def test_exactly_the_servers_with_something_to_do_are_changed(
    fleets: list[Settings], data: st.DataObject
) -> None:
    settings, seen = anywhere(data, fleets)
    deployment = decide(settings, "staging", seen)
    release = deployment.rollout.release
    for name, status in seen.servers.items():
        serves = status.serving.release if status.serving else ""
        well = status.phase is Phase.IDLE and not status.problems
        has_settled = release is not None and serves == release.id and well
        assert (name in deployment.rollout.changing) == (not has_settled)
        if has_settled:
            assert deployment.rollout.requests.contexts[name] == status.context


@each_time
@given(data=st.data())
def test_resources_depend_on_settings_alone(fleets: list[Settings], data: st.DataObject) -> None:
    settings, seen = anywhere(data, fleets)
    deployment = decide(settings, "staging", seen)
    assert sorted(names(deployment)) == sorted(names(decided(settings)))
    assert deployment.servers.keys() == settings.servers.keys()
    assert deployment.accessories.keys() == settings.application.accessories.keys()


@each_time
@given(data=st.data())
def test_a_plan_names_only_what_comes_before_and_each_step_once(
    fleets: list[Settings], data: st.DataObject
) -> None:
    settings, seen = anywhere(data, fleets)
    done: set[str] = set()
    for step in decide(settings, "staging", seen).rollout.plan:
        assert done.issuperset(step.after), step
        assert step.name not in done
        done.add(step.name)


DIGESTS = st.sampled_from([f"sha256:{n}" for n in range(3)])
LOGS = st.dictionaries(
    st.sampled_from(RELEASES),
    st.dictionaries(
        st.sampled_from(["web", "worker"]), DIGESTS.map("ghcr.io/acme/shop@{}".format), min_size=1
    ),
)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = sample.project(tmp_path_factory.mktemp("production"))
    text = "promote_from: staging\napplication: {services: {web: {secrets: null}}}"
    return load("production", sample.changed(text), folder)


@each_time
@given(there=LOGS, here=LOGS, digest=st.one_of(st.none(), DIGESTS), silent=st.booleans())
def test_production_never_has_digests_that_neither_staging_nor_itself_ran(
    production: Settings, there: Any, here: Any, digest: str | None, silent: bool
) -> None:
    published = Published({"shop": digest})
    if silent:
        published = Published({}, fault=SlipwayError("it cannot be reached", where="registry"))
    seen = observed(
        production, published=published, state=state_with_log(here, "production"),
        promoted=state_with_log(there),
    )  # fmt: skip
    ran = {
        image.rpartition("@")[2]
        for log in (there, here)
        for image in log.get("v1.0.0", {}).values()
    }
    images: Mapping[str, ImageDeployment] = {}
    with suppress(SlipwayError):
        images = decide(production, "production", seen).images
    assert {image.digest for image in images.values()} <= ran
    if not silent and digest in ran and not here:
        assert images["shop"].digest == digest


def test_names_of_steps_are_names_that_pulumi_takes(settings: Settings) -> None:
    assert all(re.fullmatch("[a-z0-9-]+", name) for name in names(decided(settings)))


# What is configured no more


def test_what_is_configured_no_more_and_goes_on_running_is_told(settings: Settings) -> None:
    gone = AccessoryReport("context", 1, "", "")
    kept = {"postgres": gone, "redis": gone}
    state: dict[str, Any] = {
        f"urn:pulumi:staging::p::slipway:index:Server::{name}": {"outputs": {}}
        for name in ("one", "two", "three")
    }
    warnings = decided(settings, replace(fresh("one"), accessories=kept), state=state).warnings
    assert [each.partition(". ")[0] for each in warnings] == [
        (
            "accessories/redis: it is configured no more on one, where its container and volumes"
            " stay"
        ),
        "servers/three: it is configured no more, and what runs there goes on running",
    ]


# Migrations


def migrated(settings: Settings, *ran: str) -> dict[str, Status]:
    return {name: replace(fresh(name), ran=ran) for name in settings.servers}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    """The database is no accessory."""
    return sample.settings(sample.project(tmp_path), FLEET + "application: {accessories: null}\n")


def test_a_migration_that_has_run_is_told_and_is_not_run_again(elsewhere: Settings) -> None:
    first = decided(elsewhere)
    release = first.rollout.release
    assert release is not None
    assert first.notes == ()
    (run,) = runs(release, database_id("", {}))
    again = decided(elsewhere, *migrated(elsewhere, run.id).values())
    assert again.notes == ("migration: already run on this database",)
    assert {each.ran for each in again.rollout.requests.contexts.values()} == {(run.id,)}


def test_on_the_way_back_nothing_is_migrated(elsewhere: Settings) -> None:
    later = migrated(elsewhere, f"{database_id('', {})}/of-a-later-release").values()
    state = state_with_log({"v1.0.0": IMAGES})
    assert decided(elsewhere, *later, state=state).notes == (
        "migration: already run on this database",
    )
    assert decided(elsewhere, *later).notes == ()


def test_another_command_for_what_serves_is_a_new_migration(tmp_path: Path) -> None:
    text = FLEET + "application: {accessories: null, migration: {command: [all]}}\n"
    settings = sample.settings(sample.project(tmp_path), text)
    serving = Running("aaaaaaaaaaaa", "v1.0.0", IMAGES, since=1.8e9)
    known = migrated(settings, f"{database_id('', {})}/by-the-command-before").values()
    statuses = [replace(each, serving=serving) for each in known]
    assert decided(settings, *statuses, state=state_with_log({"v1.0.0": IMAGES})).notes == ()


def test_a_stack_that_has_nothing_to_do_says_nothing_of_its_migration(elsewhere: Settings) -> None:
    first = decided(elsewhere)
    release = first.rollout.release
    assert release is not None
    (run,) = runs(release, database_id("", {}))
    done = [replace(settled(first, name), ran=(run.id,)) for name in elsewhere.servers]
    assert decided(elsewhere, *done).notes == ()
    assert decided(elsewhere, *done).rollout.requests == first.rollout.requests
