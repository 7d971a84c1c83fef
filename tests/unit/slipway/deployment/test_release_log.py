"""What an environment remembers to have run."""

from __future__ import annotations

import json
import re

import pytest

from slipway.deployment.release_log import KEPT, added, read
from slipway.errors import SlipwayError

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


URN = "urn:pulumi:staging::slipway::slipway:index:ReleaseLog$command:local:Command::shop-releases"


def test_the_log_is_read_from_its_own_resource_in_its_order() -> None:
    log = {"v2": TWO, "v1": ONE}
    resources = {
        URN.replace("shop-releases", "blog-releases"): {"outputs": {"stdout": '{"v9": {}}'}},
        URN: {"outputs": {"stdout": json.dumps(log)}},
    }
    found = read(resources, "shop")
    assert (found, list(found)) == (log, ["v2", "v1"])


def test_a_stack_without_a_log_has_run_nothing() -> None:
    assert read({}, "shop") == {}


@pytest.mark.parametrize(
    "outputs",
    [{}, {"stdout": None}, {"stdout": "lost"}, {"stdout": "[]"}, {"stdout": '{"v1": {"web": 1}}'}],
    ids=repr,
)
def test_a_log_that_cannot_be_read_is_an_error_that_names_it_and_not_empty(
    outputs: dict[str, str],
) -> None:
    with pytest.raises(SlipwayError, match=re.escape(f"{URN}: the log of the releases")):
        read({URN: {"outputs": outputs}}, "shop")
