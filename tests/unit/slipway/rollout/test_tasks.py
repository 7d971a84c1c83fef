"""A command that has run on a database is known again, whatever else has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.rollout.release import Release
from slipway.rollout.tasks import (
    KEPT,
    Kind,
    database_id,
    has_been_migrated,
    remembered,
    runs,
)
from tests.unit.slipway.rollout.sample import release

BOTH = release("v1", migration=True, setup=True)


def ids(wanted: Release, database: str = "db") -> tuple[str, ...]:
    return tuple(run.id for run in runs(wanted, database))


def test_a_migration_comes_before_the_setup() -> None:
    assert [run.kind for run in runs(BOTH, "db")] == [Kind.MIGRATION, Kind.SETUP]
    assert runs(release("v1"), "db") == ()


def test_what_changes_neither_image_nor_command_changes_no_id() -> None:
    web, worker = BOTH.services
    moved = replace(web, image=web.image.replace("registry/", "mirror:5000/"), replicas=9)
    alike = replace(BOTH, version="v2", services=(moved, worker), secrets_digest="rotated")
    assert ids(alike) == ids(BOTH)


def test_another_image_or_command_is_another_migration_and_the_same_setup() -> None:
    assert BOTH.migration is not None
    other = replace(BOTH, migration=replace(BOTH.migration, command=("migrate", "all")))
    for each in (other, release("v2", migration=True, setup=True)):
        migration, setup = ids(each)
        assert migration != ids(BOTH)[0]
        assert setup == ids(BOTH)[1]


def test_everything_begins_anew_on_another_database() -> None:
    assert set(ids(BOTH, "db")).isdisjoint(ids(BOTH, "another"))


@given(st.text(), st.dictionaries(st.text(), st.text()), st.text(), st.text())
def test_a_database_is_known_by_its_name_and_its_data(
    name: str, volumes: dict[str, str], other: str, more: str
) -> None:
    found = database_id(name, volumes)
    assert database_id(name, dict(reversed(volumes.items()))) == found
    assert (database_id(other, volumes) == found) == (other == name)
    changed = {**volumes, more: other}
    assert (database_id(name, changed) == found) == (changed == volumes)


@pytest.mark.parametrize(
    ("ran", "migrated"),
    [((), False), (("db/setup",), False), (("db/0123",), True), (("other/0123",), False)],
)
def test_a_database_has_been_migrated_by_any_migration(
    ran: tuple[str, ...], migrated: bool
) -> None:
    assert has_been_migrated("db", ran) == migrated


def test_a_server_remembers_the_newest_runs_and_always_those_of_its_release() -> None:
    known: tuple[str, ...] = ()
    for number in range(3 * KEPT):
        known = remembered(known, [f"db/{number}", "db/setup"])
    assert len(known) == KEPT
    assert known[:3] == (f"db/{3 * KEPT - 1}", "db/setup", f"db/{3 * KEPT - 2}")
