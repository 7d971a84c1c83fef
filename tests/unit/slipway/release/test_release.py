"""A release is the same value after it has travelled, and keeps its id when fields are added."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from slipway.release import release as module
from slipway.release.release import Health, Limits, Migration, Release, Service, Smoke
from slipway.values import dataclass, replace
from tests.unit.slipway.release import sample

WORDS = st.text(min_size=1, max_size=8)
HEALTHS = st.builds(Health, command=st.lists(WORDS).map(tuple))
SERVICES = st.builds(
    Service,
    name=WORDS,
    image=WORDS,
    health=HEALTHS,
    limits=st.builds(Limits),
    command=st.lists(WORDS).map(tuple),
    environment=st.dictionaries(WORDS, WORDS),
)
MIGRATIONS = st.builds(Migration, service=WORDS, command=st.lists(WORDS).map(tuple))
RELEASES = st.builds(
    Release,
    application=WORDS,
    version=WORDS,
    services=st.lists(SERVICES, max_size=3).map(tuple),
    migration=st.none() | MIGRATIONS,
    smoke=st.lists(st.builds(Smoke, service=WORDS, path=WORDS), max_size=2).map(tuple),
)


@given(RELEASES)
def test_a_release_is_the_same_after_it_was_sent_and_read(it: Release) -> None:
    read = Release.from_dict(json.loads(json.dumps(it.to_dict())))
    assert (read, read.id) == (it, it.id)


@given(RELEASES, RELEASES)
def test_two_releases_have_the_same_id_only_if_they_are_equal(one: Release, other: Release) -> None:
    assert (one.id == other.id) == (one == other)


def test_a_field_that_a_later_version_adds_changes_no_release_of_before() -> None:
    @dataclass(frozen=True)
    class Later(Service):
        colour: str = "none"

    before = sample.release("v1")
    web = Later(**{name: getattr(before.services[0], name) for name in Service.__annotations__})
    later = replace(before, services=(web, *before.services[1:]))
    assert later.id == before.id
    painted = replace(before, services=(replace(web, colour="red"),))
    assert painted.id != replace(before, services=before.services[:1]).id


def test_what_has_its_default_is_not_told() -> None:
    told = sample.release("v1").to_dict()
    assert sorted(told) == ["application", "services", "version"]
    assert sorted(told["services"][1]) == ["command", "image", "name"]
    assert len(sample.release("v1").id) == module.ID_LENGTH
