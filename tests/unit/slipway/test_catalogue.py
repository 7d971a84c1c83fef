"""A version is deployed only if it is there, ran where it must have run, and is what ran there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from slipway import catalogue
from slipway.catalogue import Digests
from slipway.errors import SlipwayError
from slipway.record import Releases
from slipway.registry import Credentials, Registry
from slipway.release.status import Running
from slipway.settings import Settings, release
from tests.unit.slipway.settings import sample

FIRST, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64
RAN = {"v0.9.0": {"web": "x@" + OTHER}, "v1.0.0": {"web": "x@" + FIRST, "worker": "x@" + FIRST}}
HERE = {"v1.0.0": {"web": f"ghcr.io/acme/shop@{FIRST}", "worker": f"ghcr.io/acme/shop@{FIRST}"}}
PROMOTED = "promote_from: production"


def registry(tags: Mapping[str, str]) -> Registry:
    """A registry that has these digests of the one image, by tag; each weighs 300 bytes."""

    def answer(request: httpx.Request) -> httpx.Response:
        what = request.url.path.rpartition("/")[2]
        if what == "list":
            return httpx.Response(200, json={"tags": list(tags)})
        if what in tags.values():
            manifest: Any = {"config": {"size": 100}, "layers": [{"size": 200}]}
            return httpx.Response(200, json=manifest)
        if what in tags:
            return httpx.Response(200, headers={"docker-content-digest": tags[what]})
        return httpx.Response(404)

    return Registry("ghcr.io/acme", transport=httpx.MockTransport(answer))


def settings(folder: Path, text: str = "{}") -> Settings:
    return sample.settings(sample.project(folder), text)


def published(
    registry: Registry,
    settings: Settings,
    *,
    here: Releases | None = None,
    there: Releases | None = None,
    now: Collection[Running] = (),
    warning: str = "",
) -> Digests:
    """What the version stands for; it must come with this warning, or with none."""
    told: list[str] = []
    found = catalogue.look_up(registry, settings)
    ran = catalogue.Ran(here or {}, there, now)
    digests = catalogue.published(registry, settings, found, ran, told.append)
    assert told == [warning] * bool(warning)
    return digests


def running(digest: str) -> Running:
    """A server's word that it has the version with this digest."""
    return Running("r1", "v1.0.0", {"web": f"ghcr.io/acme/shop@{digest}"})


def unreachable() -> Registry:
    """A registry that refuses every connection."""

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused")

    return Registry("ghcr.io/acme", transport=httpx.MockTransport(refuse))


def test_a_version_that_is_published_stands_for_its_digest(tmp_path: Path) -> None:
    found = published(registry({"v1.0.0": FIRST}), settings(tmp_path))
    assert found == {"shop": FIRST}


def test_a_version_that_is_yet_to_be_built_has_none(tmp_path: Path) -> None:
    assert published(registry({}), settings(tmp_path)) == {"shop": None}


def test_a_stack_that_does_not_build_names_the_versions_there_are(tmp_path: Path) -> None:
    tags = {"latest": OTHER, "sha-0123456789ab": OTHER, **{f"v0.{n}": OTHER for n in range(5, 12)}}
    with pytest.raises(SlipwayError) as error:
        published(registry(tags), settings(tmp_path, "build: false"))
    assert str(error.value) == (
        "version: v1.0.0 cannot be deployed: no shop has that tag."
        " Publish it, or choose one of: v0.11, v0.10, v0.9, v0.8, v0.7"
    )


def test_a_promoted_version_has_run_before(tmp_path: Path) -> None:
    promoted = settings(tmp_path, PROMOTED)
    assert published(registry({"v1.0.0": FIRST}), promoted, there=RAN) == {"shop": FIRST}


def test_a_version_that_never_ran_is_not_promoted(tmp_path: Path) -> None:
    older = {"v0.9.0": RAN["v0.9.0"]}
    with pytest.raises(
        SlipwayError,
        match=r"production never ran it\. Deploy it to production first.*one of: v0\.9\.0$",
    ):
        published(registry({"v1.0.0": FIRST}), settings(tmp_path, PROMOTED), there=older)


def test_a_version_that_was_pushed_again_is_not_promoted(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match=r"v1\.0\.0 of web, worker is not what production ran"):
        published(registry({"v1.0.0": OTHER}), settings(tmp_path, PROMOTED), there=RAN)


def test_a_version_that_was_lost_and_tried_anew_is_promoted_as_it_is_now(tmp_path: Path) -> None:
    anew = {"v1.0.0": {"web": f"x@{OTHER}", "worker": f"x@{OTHER}"}}
    promoted = settings(tmp_path, PROMOTED)
    found = published(registry({"v1.0.0": OTHER}), promoted, here=RAN, there=anew)
    assert found == {"shop": OTHER}


def test_a_service_that_is_new_may_use_an_image_that_ran_as_another(tmp_path: Path) -> None:
    ran = {"v1.0.0": {"other": f"x@{FIRST}"}}
    promoted = settings(tmp_path, PROMOTED)
    assert published(registry({"v1.0.0": FIRST}), promoted, there=ran) == {"shop": FIRST}


@pytest.mark.parametrize("how", ["{}", "build: false", PROMOTED])
def test_what_ran_here_can_come_back_without_the_registry(tmp_path: Path, how: str) -> None:
    warning = (
        "registry ghcr.io/acme: it cannot be reached: Connection refused."
        " Check registry/address in the stack file, and that the registry runs."
        " Meanwhile v1.0.0 stands for what ran here before"
    )
    found = published(unreachable(), settings(tmp_path, how), here=HERE, warning=warning)
    assert found == {"shop": FIRST}


@pytest.mark.parametrize(
    "here", [{}, {"v0.9.0": HERE["v1.0.0"]}, RAN], ids=["nothing", "another", "of another registry"]
)
def test_nothing_else_can(tmp_path: Path, here: Releases) -> None:
    with pytest.raises(SlipwayError, match="it cannot be reached"):
        published(unreachable(), settings(tmp_path), here=here)


@pytest.mark.parametrize("how", ["build: false", PROMOTED])
def test_what_ran_here_can_come_back_after_the_registry_dropped_it(
    tmp_path: Path, how: str
) -> None:
    warning = "registry ghcr.io/acme: it has no shop:v1.0.0 any more, which ran here before"
    found = published(registry({}), settings(tmp_path, how), here=HERE, warning=warning)
    assert found == {"shop": FIRST}


def test_a_stack_that_builds_takes_what_its_servers_have_or_builds_what_none_has(
    tmp_path: Path,
) -> None:
    it, store = settings(tmp_path), registry({})
    warning = "registry ghcr.io/acme: it has no shop:v1.0.0 any more, which ran here before"
    found = published(store, it, here=HERE, now=[running(FIRST)], warning=warning)
    assert found == {"shop": FIRST}
    warning += ", and no server has it: it is built anew from what is here now"
    others = [Running("r0", "v0.9.0", {"web": f"x@{FIRST}"})]
    found = published(store, it, here=HERE, now=others, warning=warning)
    assert found == {"shop": None}


def test_what_the_servers_have_is_not_replaced_under_its_version(tmp_path: Path) -> None:
    anew = {"v1.0.0": {"web": f"x@{OTHER}"}}
    promoted, store = settings(tmp_path, PROMOTED), registry({"v1.0.0": OTHER})
    with pytest.raises(SlipwayError, match="web, worker is not what the servers have here"):
        published(store, promoted, here=HERE, there=anew, now=[running(FIRST)])
    assert published(store, promoted, here=HERE, there=anew, now=[running(OTHER)])
    elsewhere = Running("r1", "v1.0.0", {"tool": f"ghcr.io/acme/tool@{FIRST}"})
    assert published(store, promoted, there=anew, now=[elsewhere]), "an image that is new to them"


def test_the_release_is_known_once_every_image_is_published(tmp_path: Path) -> None:
    it, store = settings(tmp_path), registry({})
    reference = f"ghcr.io/acme/shop@{FIRST}"
    assert catalogue.known_release(it, store, {"shop": None}) is None
    found = catalogue.known_release(it, store, {"shop": FIRST})
    assert found == release(it, {"shop": reference}).id


@pytest.mark.parametrize(("limit", "fine"), [(None, True), (300, True), (299, False)])
def test_an_image_over_its_limit_is_refused(limit: int | None, fine: bool) -> None:
    store = registry({"v1": FIRST})
    if fine:
        catalogue.check_size(store, "shop", FIRST, limit=limit, known=[])
    else:
        with pytest.raises(SlipwayError, match=r"images/shop/size_limit: the image is 300.*299"):
            catalogue.check_size(store, "shop", FIRST, limit=limit, known=[OTHER])


def test_an_image_that_ran_here_is_not_measured_again() -> None:
    ran = catalogue.digests_run(HERE, "v1.0.0")
    catalogue.check_size(unreachable(), "shop", FIRST, limit=1, known=ran)


def test_the_login_is_the_one_of_the_settings(tmp_path: Path) -> None:
    login = "registry: {username: bot, password: TOKEN}\nsecrets: {TOKEN: s3same}"
    folder = sample.project(tmp_path)
    assert catalogue.credentials(sample.settings(folder)) is None
    assert catalogue.credentials(sample.settings(folder, login)) == Credentials("bot", "s3same")
