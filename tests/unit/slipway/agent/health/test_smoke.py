"""Smoke tests against a real socket in the proxy's place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.agent.engine.containers import Container
from slipway.agent.health import ContainerError, smoke
from slipway.rollout.release import Release, Smoke
from tests.unit.slipway.agent.fake_engine import Containers
from tests.unit.slipway.agent.health.web import Answers, web
from tests.unit.slipway.rollout import sample


def release_with(*tests: Smoke) -> Release:
    return replace(sample.release("v2"), smoke=tuple(tests))


def test_answers_as_wanted_pass_and_name_the_services_first_domain() -> None:
    heard: list[dict[str, str]] = []
    release = release_with(
        Smoke("web", "/docs", expect={"openapi": "3.1.0"}), Smoke("web", "/x", "POST")
    )
    service = replace(release.services[0], domains=("shop.example.org", "www.example.org"))
    release = replace(release, services=(service, *release.services[1:]))
    with web({"/docs": (200, {"openapi": "3.1.0"}), "/x": (200, "")}, heard) as port:
        assert not any(each.fault for each in smoke.results(release, port))
    assert {each["Host"] for each in heard} == {"shop.example.org"}


def test_every_failure_is_told_with_what_the_service_logged() -> None:
    release = release_with(
        Smoke("web", "/docs", retries=0),
        Smoke("web", "/", body="Shop"),
        Smoke("web", "/login", status=401, retries=0),
    )
    own = [Container("shop", release.services[0], 1, release.id, "10.0.0.1")]
    engine = Containers(own[0].name)
    engine.say(own[0].name, "no template", 0)
    with (
        web({"/": (200, "Shop"), "/login": (200, "")}) as port,
        pytest.raises(ContainerError) as caught,
    ):
        smoke.check(engine, release, own, port)
    assert caught.value.what == (
        "smoke test GET /docs of web answered 404 instead of 200; "
        "GET /login of web answered 200 instead of 401"
    )
    assert caught.value.log == ["web-1 | no template"]


def test_a_test_is_tried_again_as_often_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: Answers = {"/": (503, "")}
    monkeypatch.setattr(smoke, "PAUSE", 0.05)
    heard: list[dict[str, str]] = []
    with web(answers, heard) as port:
        assert smoke.results(release_with(Smoke("web", retries=2)), port)[0].fault
        assert len(heard) == 3
        monkeypatch.setattr("time.sleep", lambda _: answers.update({"/": (200, "")}))
        assert not smoke.results(release_with(Smoke("web", retries=1)), port)[0].fault


def test_a_port_that_nobody_answers_on_is_a_failure() -> None:
    with web({}) as port:
        pass
    (failure,) = smoke.results(release_with(Smoke("web", retries=0)), port)
    assert "GET / of web got no answer: " in str(failure)
