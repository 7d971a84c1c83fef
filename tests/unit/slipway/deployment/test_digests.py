"""A version is deployed only if it is there, ran where it must have run, and is what ran there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from slipway.deployment.digests import Digests, KnownDigests, digests_run, pinned, version_digests
from slipway.deployment.release_log import ReleaseLog
from slipway.errors import SlipwayError
from slipway.observe.registry import Published
from slipway.protocol.answers import Running
from slipway.settings import Settings
from tests.unit.slipway.settings import sample

FIRST, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64
RAN = {"v0.9.0": {"web": "x@" + OTHER}, "v1.0.0": {"web": "x@" + FIRST, "worker": "x@" + FIRST}}
HERE = {"v1.0.0": {"web": f"ghcr.io/acme/shop@{FIRST}", "worker": f"ghcr.io/acme/shop@{FIRST}"}}
PROMOTED = "promote_from: production"
SILENT = Published({}, fault=SlipwayError("it cannot be reached", where="registry ghcr.io/acme"))
"""Of a registry that does not answer."""


def has(tags: Mapping[str, str]) -> Published:
    """What a registry answers that has these digests of the one image, by tag."""
    return Published({"shop": tags.get("v1.0.0")}, tuple(tags))


def settings(folder: Path, text: str = "{}") -> Settings:
    return sample.settings(sample.project(folder), text)


def digests(
    published: Published,
    settings: Settings,
    *,
    here: ReleaseLog | None = None,
    there: ReleaseLog | None = None,
    now: Collection[Running] = (),
    warning: str = "",
) -> Digests:
    """What the version stands for; it must come with this warning, or with none."""
    found, told = version_digests(settings, published, KnownDigests(here or {}, there, now))
    assert told == (warning,) * bool(warning)
    return found


def running(digest: str, version: str = "v1.0.0", image: str = "shop") -> Running:
    """A server's report that it has the version with this digest."""
    return Running("r1", version, {image: f"ghcr.io/acme/{image}@{digest}"}, since=1.8e9)


def test_a_version_that_is_published_stands_for_its_digest(tmp_path: Path) -> None:
    found = digests(has({"v1.0.0": FIRST}), settings(tmp_path))
    assert found == {"shop": FIRST}


def test_a_version_that_is_yet_to_be_built_has_none(tmp_path: Path) -> None:
    assert digests(has({}), settings(tmp_path)) == {"shop": None}


def test_a_stack_that_does_not_build_names_the_versions_there_are(tmp_path: Path) -> None:
    tags = {"latest": OTHER, "sha-0123456789ab": OTHER, **{f"v0.{n}": OTHER for n in range(5, 12)}}
    with pytest.raises(SlipwayError) as error:
        digests(has(tags), settings(tmp_path, "build: false"))
    assert str(error.value) == (
        "version: v1.0.0 cannot be deployed: shop has no such tag."
        " Publish it, or choose one of: v0.11, v0.10, v0.9, v0.8, v0.7"
    )


def test_a_promoted_version_has_run_before(tmp_path: Path) -> None:
    promoted = settings(tmp_path, PROMOTED)
    assert digests(has({"v1.0.0": FIRST}), promoted, there=RAN) == {"shop": FIRST}


def test_a_version_that_never_ran_is_not_promoted(tmp_path: Path) -> None:
    older = {"v0.9.0": RAN["v0.9.0"]}
    with pytest.raises(
        SlipwayError,
        match=r"production never ran it\. Deploy it to production first.*one of: v0\.9\.0$",
    ):
        digests(has({"v1.0.0": FIRST}), settings(tmp_path, PROMOTED), there=older)


def test_a_version_that_was_pushed_again_is_not_promoted(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match=r"v1\.0\.0 of web, worker is not what production ran"):
        digests(has({"v1.0.0": OTHER}), settings(tmp_path, PROMOTED), there=RAN)


def test_a_version_that_was_lost_and_tried_anew_is_promoted_as_it_is_now(tmp_path: Path) -> None:
    anew = {"v1.0.0": {"web": f"x@{OTHER}", "worker": f"x@{OTHER}"}}
    promoted = settings(tmp_path, PROMOTED)
    found = digests(has({"v1.0.0": OTHER}), promoted, here=RAN, there=anew)
    assert found == {"shop": OTHER}


def test_a_service_that_is_new_may_use_an_image_that_ran_as_another(tmp_path: Path) -> None:
    ran = {"v1.0.0": {"other": f"x@{FIRST}"}}
    promoted = settings(tmp_path, PROMOTED)
    assert digests(has({"v1.0.0": FIRST}), promoted, there=ran) == {"shop": FIRST}


@pytest.mark.parametrize("how", ["{}", "build: false", PROMOTED])
def test_what_ran_here_can_come_back_without_the_registry(tmp_path: Path, how: str) -> None:
    warning = (
        "registry ghcr.io/acme: it cannot be reached."
        " Version v1.0.0 is deployed as it ran here before"
    )
    found = digests(SILENT, settings(tmp_path, how), here=HERE, warning=warning)
    assert found == {"shop": FIRST}


@pytest.mark.parametrize(
    "here", [{}, {"v0.9.0": HERE["v1.0.0"]}, RAN], ids=["nothing", "another", "of another registry"]
)
def test_nothing_else_can(tmp_path: Path, here: ReleaseLog) -> None:
    with pytest.raises(SlipwayError, match="it cannot be reached"):
        digests(SILENT, settings(tmp_path), here=here)


@pytest.mark.parametrize("how", ["build: false", PROMOTED])
def test_what_ran_here_can_come_back_after_the_registry_dropped_it(
    tmp_path: Path, how: str
) -> None:
    warning = "registry ghcr.io/acme: shop:v1.0.0 is missing, which ran here before"
    found = digests(has({}), settings(tmp_path, how), here=HERE, warning=warning)
    assert found == {"shop": FIRST}


def test_a_stack_that_builds_takes_what_its_servers_have_or_builds_what_none_has(
    tmp_path: Path,
) -> None:
    it, store = settings(tmp_path), has({})
    warning = "registry ghcr.io/acme: shop:v1.0.0 is missing, which ran here before"
    found = digests(store, it, here=HERE, now=[running(FIRST)], warning=warning)
    assert found == {"shop": FIRST}
    warning += "; no server has it, so it is built again from the current source"
    others = [running(FIRST, "v0.9.0")]
    found = digests(store, it, here=HERE, now=others, warning=warning)
    assert found == {"shop": None}


def test_what_the_servers_have_is_not_replaced_under_its_version(tmp_path: Path) -> None:
    anew = {"v1.0.0": {"web": f"x@{OTHER}"}}
    promoted, store = settings(tmp_path, PROMOTED), has({"v1.0.0": OTHER})
    with pytest.raises(SlipwayError, match="web, worker is not what runs on the servers"):
        digests(store, promoted, here=HERE, there=anew, now=[running(FIRST)])
    assert digests(store, promoted, here=HERE, there=anew, now=[running(OTHER)])
    elsewhere = running(FIRST, image="tool")
    assert digests(store, promoted, there=anew, now=[elsewhere]), "an image that is new to them"


def test_digests_that_ran_are_known_whichever_service_they_ran_as() -> None:
    log = {"v1": {"web": f"a@{FIRST}", "worker": f"b@{OTHER}"}, "v2": {"web": "a@sha256:3"}}
    assert digests_run(log, "v1") == {FIRST, OTHER}
    assert digests_run(log, "v3") == set()


def test_only_images_that_have_a_digest_are_pinned(tmp_path: Path) -> None:
    it = settings(tmp_path, "application: {images: {tool: {context: examples/shop}}}")
    assert pinned(it, {"shop": FIRST, "tool": None}) == {"shop": f"ghcr.io/acme/shop@{FIRST}"}
