"""What an environment remembers to have run."""

from __future__ import annotations

from slipway.record import KEPT, added

ONE = {"web": "shop@sha256:1"}
TWO = {"web": "shop@sha256:2"}


def test_a_release_is_added_as_the_newest() -> None:
    assert list(added({"v1": ONE}, "v2", TWO)) == ["v1", "v2"]


def test_a_release_that_is_known_changes_nothing() -> None:
    before = {"v1": ONE, "v2": TWO}
    assert added(before, "v1", ONE) is before


def test_a_version_with_other_images_replaces_the_older_one() -> None:
    assert added({"v1": ONE, "v2": TWO}, "v1", TWO) == {"v2": TWO, "v1": TWO}


def test_the_oldest_are_forgotten() -> None:
    before = {f"v{number}": ONE for number in range(KEPT)}
    after = added(before, "new", TWO)
    assert (len(after), "v0" in after, "v1" in after) == (KEPT, False, True)
