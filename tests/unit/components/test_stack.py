"""What the stack's state tells, and how errors reach the person."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components import stack
from slipway.errors import SlipwayError
from tests.unit.components import engine

RELEASES = {"v1": {"web": "shop@sha256:1"}}
URN = "urn:pulumi:staging::slipway::slipway:index:Record$command:local:Command::shop-releases"
STATE = {"organization/slipway/staging": {URN: {"outputs": {"stdout": json.dumps(RELEASES)}}}}


def test_a_stack_tells_what_it_has_run() -> None:
    found = engine.run(lambda: stack.releases_run("staging", "shop"), stacks=STATE)[1]
    assert found == RELEASES


@pytest.mark.parametrize(("name", "application"), [("production", "shop"), ("staging", "blog")])
def test_a_stack_without_a_record_has_run_nothing(name: str, application: str) -> None:
    assert engine.run(lambda: stack.releases_run(name, application), stacks=STATE)[1] == {}


def test_a_stack_of_another_project_is_asked_by_its_whole_name() -> None:
    elsewhere = {"acme/shop/staging": STATE["organization/slipway/staging"]}
    found = engine.run(lambda: stack.releases_run("acme/shop/staging", "shop"), stacks=elsewhere)[1]
    assert found == RELEASES


def test_a_stack_that_cannot_be_read_is_a_plain_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Exception('unknown stack "organization/slipway/stagin"')

    monkeypatch.setattr(pulumi.runtime, "invoke", refuse)
    with pytest.raises(SlipwayError, match=r'unknown stack ".*/stagin"\. Check promote_from'):
        stack.releases_run("stagin", "shop")


def test_the_names_of_a_stacks_resources_come_from_its_own_state() -> None:
    found = engine.run(lambda: list(stack.outputs(stack.resources("staging"))), stacks=STATE)[1]
    assert found == ["shop-releases"]


def test_what_a_person_can_mend_is_shown_without_a_traceback() -> None:
    with (
        pytest.raises(pulumi.RunError, match=r"^servers/one: it is off\. Turn it on$") as told,
        stack.plain_errors(),
    ):
        raise SlipwayError("it is off", where="servers/one", remedy="Turn it on")
    assert told.value.__suppress_context__


def test_what_ends_the_program_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", told.append)
    with pytest.raises(SystemExit) as ended, stack.program():
        raise SlipwayError("it is off", where="servers/one", remedy="Turn it on")
    assert ended.value.code == stack.TOLD
    assert told == ["servers/one: it is off. Turn it on"]


@pytest.mark.parametrize(("variables", "heard"), [({}, []), ({stack.DEBUG: "1"}, ["a step"])])
def test_what_the_sdk_says_of_its_steps_is_heard_on_demand_only(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], heard: list[str]
) -> None:
    told: list[str] = []
    monkeypatch.delenv(stack.DEBUG, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(pulumi.log, "debug", told.append)
    with stack.program():
        pulumi.log.debug("a step")
    assert told == heard


@pytest.mark.parametrize("context", [stack.program, stack.plain_errors])
def test_a_fault_of_the_program_keeps_its_traceback(context: Any) -> None:
    with pytest.raises(KeyError), context():
        raise KeyError("x")
