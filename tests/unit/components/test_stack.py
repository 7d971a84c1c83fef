"""What the stack's state tells, and how errors reach the person."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components import stack
from slipway.errors import SlipwayError
from tests.unit.components import engine

RELEASES = {"v1": {"web": "shop@sha256:1"}}
URN = "urn:pulumi:staging::slipway::slipway:index:ReleaseLog$command:local:Command::shop-releases"
STATE = {"organization/slipway/staging": {URN: {"outputs": {"stdout": json.dumps(RELEASES)}}}}


def test_a_stack_of_this_project_is_asked_by_its_name() -> None:
    found = engine.run(lambda: stack.resources("staging"), stacks=STATE)[1]
    assert found == STATE["organization/slipway/staging"]


def test_a_stack_of_another_project_is_asked_by_its_whole_name() -> None:
    elsewhere = {"acme/shop/staging": STATE["organization/slipway/staging"]}
    found = engine.run(lambda: stack.resources("acme/shop/staging"), stacks=elsewhere)[1]
    assert found == elsewhere["acme/shop/staging"]


def test_a_stack_that_cannot_be_read_is_a_plain_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Exception('unknown stack "organization/slipway/stagin"')

    monkeypatch.setattr(pulumi.runtime, "invoke", refuse)
    with pytest.raises(SlipwayError, match=r'unknown stack ".*/stagin"\. Check promote_from'):
        stack.resources("stagin")


HALF = Exception("failed to load checkpoint: unexpected end of JSON input")


def test_a_state_that_is_being_written_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "READ_PAUSE", 0)
    answers = [
        HALF,
        HALF,
        SimpleNamespace(value={"outputs": STATE["organization/slipway/staging"]}),
    ]

    def invoke(*_: object) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(pulumi.runtime, "invoke", invoke)
    assert stack.resources("staging") == STATE["organization/slipway/staging"]
    assert answers == []


def test_a_state_that_stays_half_written_is_an_error_after_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def invoke(*_: object) -> Any:
        raise HALF

    monkeypatch.setattr(pulumi.runtime, "invoke", invoke)
    monkeypatch.setattr(stack, "READ_LIMIT", 0)
    with pytest.raises(SlipwayError, match=r"unexpected end of JSON input\. Try again"):
        stack.resources("staging")


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
    assert ended.value.code == stack.ERROR_SHOWN
    assert told == ["servers/one: it is off. Turn it on"]


@pytest.mark.parametrize("context", [stack.program, stack.plain_errors])
def test_a_fault_of_the_program_keeps_its_traceback(context: Any) -> None:
    with pytest.raises(KeyError), context():
        raise KeyError("x")
