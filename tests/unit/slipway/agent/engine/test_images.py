"""Images are pulled by digest, with the credentials of their own registry, and removed unused."""

from __future__ import annotations

import io

import pytest

from slipway.agent.engine import images
from slipway.agent.engine.client import EngineError
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.errors import SlipwayError
from slipway.protocol.requests import RegistryLogin
from tests.unit.slipway.agent.fake_engine import Containers, described

SHOP = "r:5000/shop@sha256:1"
ANYBODY = RegistryLogin("r:5000", None, None)
ANN = RegistryLogin("r:5000", "ann", "s3cret")


@pytest.fixture
def engine() -> Containers:
    engine = Containers()
    engine.registry = {SHOP: [SHOP]}
    return engine


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def report(said: io.StringIO) -> Report:
    return Report(Redactor(()), stream=said)


def test_an_image_that_is_here_is_not_pulled(engine: Containers, report: Report) -> None:
    engine.images = {SHOP: [SHOP]}
    assert not images.ensure(engine, SHOP, ANN, report)
    assert engine.done == []


def test_an_image_is_pulled_once(engine: Containers, report: Report, said: io.StringIO) -> None:
    assert images.ensure(engine, SHOP, ANYBODY, report)
    assert not images.ensure(engine, SHOP, ANYBODY, report)
    assert (engine.done, engine.logins) == ([f"pull {SHOP}"], [None])
    assert said.getvalue() == f"pulling {SHOP}\n"


def test_credentials_go_to_their_own_registry_only(engine: Containers, report: Report) -> None:
    evil = "r:5000.evil/shop@sha256:1"
    engine.registry[evil] = [evil]
    for reference in (SHOP, evil):
        images.ensure(engine, reference, ANN, report)
    own = {"username": "ann", "password": "s3cret", "serveraddress": "r:5000"}
    assert engine.logins == [own, None]


def test_an_image_that_cannot_be_pulled_is_told_with_what_to_look_at(
    engine: Containers, report: Report
) -> None:
    with pytest.raises(SlipwayError) as caught:
        images.ensure(engine, "r:5000/blog@sha256:2", ANYBODY, report)
    assert str(caught.value) == (
        "r:5000/blog@sha256:2 cannot be pulled: manifest unknown. "
        "Check that the server can reach the registry, and that it has this digest"
    )


@pytest.mark.parametrize("digests", [["r:5000/shop@sha256:2"], []])
def test_another_image_than_the_wanted_one_is_refused(
    digests: list[str], engine: Containers, report: Report
) -> None:
    engine.registry[SHOP] = digests
    with pytest.raises(SlipwayError, match=f"the registry sent another image than {SHOP}"):
        images.ensure(engine, SHOP, ANYBODY, report)


def test_images_are_removed_but_those_that_a_container_uses(
    engine: Containers, report: Report, said: io.StringIO
) -> None:
    engine.images = {name: [] for name in ("a", "b", "used")}
    engine.found["web"] = described("web", {"Image": "used"})
    images.forget(engine, {"used", "b", "gone"}, report)
    assert engine.done == ["delete b", "delete used"]
    assert set(engine.images) == {"a", "used"}
    assert said.getvalue() == "removing image b\nremoving image used\n"


def test_an_image_that_cannot_be_removed_is_an_error(engine: Containers, report: Report) -> None:
    engine.images = {"a": []}
    engine.refused["delete a"] = EngineError("read-only file system", status=500)
    with pytest.raises(EngineError, match="read-only file system"):
        images.forget(engine, ["a"], report)
