"""What has run is known by the servers and by the stack's state, for the database that is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slipway.deployment import tasks
from slipway.deployment.tasks import known_runs, observed_database, ran
from slipway.observe.status import Status
from slipway.protocol.answers import AccessoryReport, MigrateAnswer
from slipway.protocol.messages import write_answer
from slipway.rollout.tasks import database_id, runs
from slipway.settings import Settings
from tests.unit.slipway.deployment.sample import FLEET, fresh
from tests.unit.slipway.protocol import samples
from tests.unit.slipway.rollout.sample import release
from tests.unit.slipway.settings import sample

RELEASE = release("v1", migration=True, setup=True)
MIGRATION, SETUP = (run.id for run in runs(RELEASE, "db"))
URN = "urn:pulumi:production::p::slipway:index:Rollout$command:remote:Command::shop-migrate-one"


def state(text: str) -> dict[str, Any]:
    return {URN: {"outputs": {"stdout": text}}}


def test_what_any_server_or_the_state_knows_is_known() -> None:
    answer = replace(samples.full(MigrateAnswer), ran=("db/c",))
    statuses = [replace(fresh("one"), ran=("db/a",)), replace(fresh("two"), ran=("db/b",))]
    found = known_runs("shop", statuses, state(write_answer(answer)))
    assert found == {"db/a", "db/b", "db/c"}


def test_the_state_of_another_application_tells_nothing() -> None:
    answer = replace(samples.full(MigrateAnswer), ran=("db/c",))
    assert known_runs("blog", [], state(write_answer(answer))) == set()


@pytest.mark.parametrize("resources", [{}, state("of an older protocol"), {URN: {"outputs": {}}}])
def test_an_answer_that_is_not_there_or_of_another_protocol_is_left_to_the_servers(
    resources: dict[str, Any],
) -> None:
    assert known_runs("shop", [replace(fresh("one"), ran=("db/a",))], resources) == {"db/a"}


def stored(folder: Path, text: str = "") -> Settings:
    """A database with a volume on the server `one`."""
    volumes = "application: {accessories: {postgres: {volumes: {data: /data}}}}\n"
    return sample.settings(sample.project(folder), FLEET + volumes + text)


def having(data: str) -> dict[str, Status]:
    report = AccessoryReport("context", 1, data, "")
    return {"one": replace(fresh("one"), accessories={"postgres": report}), "two": fresh("two")}


def test_the_database_is_what_the_volumes_hold_and_the_name_that_it_was_given(
    tmp_path: Path,
) -> None:
    named = stored(tmp_path, "database: restored\n")
    assert tasks.volumes(named) == ["postgres"]
    assert observed_database(named, having("da7a")) == database_id("restored", {"postgres": "da7a"})


@pytest.mark.parametrize("found", [{"one": fresh("one"), "two": fresh("two")}, having("")])
def test_a_database_that_has_no_data_yet_is_unknown(
    found: dict[str, Status], tmp_path: Path
) -> None:
    assert observed_database(stored(tmp_path), found) is None


def test_a_database_elsewhere_is_known_by_its_name_alone(tmp_path: Path) -> None:
    elsewhere = sample.settings(sample.project(tmp_path), FLEET + "database: theirs\n")
    found = observed_database(elsewhere, {"one": fresh("one"), "two": fresh("two")})
    assert found == database_id("theirs", {})


@pytest.mark.parametrize(
    ("known", "committed", "expected"),
    [
        ((), False, ()),
        ((MIGRATION,), False, (MIGRATION,)),
        ((MIGRATION, SETUP), False, (MIGRATION, SETUP)),
        (("db/another", SETUP), True, (MIGRATION, SETUP)),
        (("db/another",), True, (MIGRATION,)),
        ((SETUP,), True, (SETUP,)),
        (("elsewhere/another",), True, ()),
    ],
    ids=[
        "first deployment",
        "second try",
        "nothing left",
        "way back",
        "way back to a release that was never set up",
        "never migrated",
        "a database that began anew",
    ],
)
def test_what_is_not_run_again(
    known: tuple[str, ...], committed: bool, expected: tuple[str, ...]
) -> None:
    assert ran(RELEASE, "db", frozenset(known), committed=committed) == expected
