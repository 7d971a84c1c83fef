"""A release keeps its id when fields are added, and no two have the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from slipway.rollout.release import Health, Limits, Release, Service, Smoke, Task
from tests.unit.slipway.rollout import sample

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
MIGRATIONS = st.builds(Task, service=WORDS, command=st.lists(WORDS).map(tuple))
RELEASES = st.builds(
    Release,
    application=WORDS,
    version=WORDS,
    services=st.lists(SERVICES, max_size=3).map(tuple),
    migration=st.none() | MIGRATIONS,
    smoke=st.lists(st.builds(Smoke, service=WORDS, path=WORDS), max_size=2).map(tuple),
)


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


def test_ids_stay_what_they_are() -> None:
    """Servers know releases by them: another id of the same release would be rolled out again."""
    assert sample.release("v1").id == "9add6467dc69"
    assert sample.release("v2", replicas=3, migration=True).id == "7a67244dc880"


@given(RELEASES)
def test_an_id_is_short_and_hexadecimal(it: Release) -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", it.id)


def test_a_release_tells_the_image_of_each_service() -> None:
    image = "registry/shop@sha256:v1"
    assert sample.release("v1").images == {"web": image, "worker": image}
