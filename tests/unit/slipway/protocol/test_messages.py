"""What one side writes the other reads as it was meant, or refuses; nothing is ever defaulted."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway.agent.__main__ import HANDLERS
from slipway.agent.steps.rollout import PLANNERS
from slipway.errors import SlipwayError
from slipway.protocol import messages
from slipway.protocol.answers import (
    AbortAnswer,
    LockAnswer,
    LockReport,
    MigrateAnswer,
    RolloutAnswer,
)
from slipway.protocol.codec import MismatchError
from slipway.protocol.messages import (
    EXCHANGES,
    PROTOCOL,
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from slipway.protocol.requests import LockRequest, Target, confidential
from slipway.rollout.step import Step
from tests.unit.slipway.protocol import samples
from tests.unit.slipway.protocol.samples import Place

STEPS = list(Step)


class Way(NamedTuple):
    """One of the two ways of a message."""

    name: str
    kind: Any
    write: Callable[[Any], str]
    read: Callable[[str], Any]

    def reads(self, data: Any) -> Any:
        return self.read(json.dumps({"protocol": PROTOCOL, self.name: data}))

    def full(self) -> Any:
        """A whole message, as it travels."""
        return json.loads(self.write(samples.full(self.kind)))[self.name]


def way(name: str, step: Step) -> Way:
    if name == "request":
        kind = EXCHANGES[step].request
        return Way(name, kind, write_request, functools.partial(read_request, step))
    kind = EXCHANGES[step].answer
    return Way(name, kind, write_answer, functools.partial(read_answer, step))


WAYS = [
    pytest.param(way(name, step), id=f"{step} {name}")
    for step in STEPS
    for name in ("request", "answer")
]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("it", WAYS)
def test_a_message_is_read_as_it_was_meant(it: Way, data: st.DataObject) -> None:
    meant = data.draw(samples.values(it.kind))
    text = it.write(meant)
    assert "\n" not in text
    read = it.read(text)
    assert read == meant
    assert type(read) is it.kind
    assert it.write(read) == text


@pytest.mark.parametrize("it", WAYS)
def test_a_field_that_is_missing_is_refused_by_its_path(it: Way) -> None:
    for place in samples.places(it.kind):
        data = it.full()
        del parent(data, place)[place.path[-1]]
        assert fault(it, data) == f"{it.name}/{place}: missing"


@pytest.mark.parametrize("it", WAYS)
def test_a_field_of_another_name_is_refused_by_its_path(it: Way) -> None:
    for place in samples.places(it.kind):
        data = it.full()
        own = parent(data, place)
        own["surprise"] = own.pop(place.path[-1])
        beside = "/".join([it.name, *map(str, place.path[:-1]), "surprise"])
        assert fault(it, data) == f"{beside}: unknown field; {it.name}/{place}: missing"


@pytest.mark.parametrize("it", WAYS)
def test_a_field_too_many_is_refused_by_its_path(it: Way) -> None:
    for place in samples.places(it.kind):
        data = it.full()
        parent(data, place)["surprise"] = "s3cret"
        beside = "/".join([it.name, *map(str, place.path[:-1]), "surprise"])
        assert fault(it, data) == f"{beside}: unknown field"


@pytest.mark.parametrize("it", WAYS)
def test_a_field_of_another_type_is_refused_by_its_path_without_what_it_held(it: Way) -> None:
    for place in samples.places(it.kind):
        for wrong, told in others(place.hint):
            data = it.full()
            parent(data, place)[place.path[-1]] = wrong
            assert fault(it, data) == f"{it.name}/{place}: {told}"


@pytest.mark.parametrize("it", WAYS)
def test_only_what_is_optional_may_be_null(it: Way) -> None:
    for place in samples.places(it.kind):
        data = it.full()
        parent(data, place)[place.path[-1]] = None
        if get_origin(place.hint) is Union or place.hint is Any:
            assert it.write(it.reads(data)) == json.dumps(
                {"protocol": PROTOCOL, it.name: data}, sort_keys=True
            )
        else:
            assert fault(it, data).startswith(f"{it.name}/{place}: null instead of ")


def parent(data: Any, place: Place) -> Any:
    """What holds the field."""
    for each in place.path[:-1]:
        data = data[each]
    return data


def fault(it: Way, data: Any) -> str:
    with pytest.raises(MismatchError) as caught:
        it.reads(data)
    assert "s3cret" not in str(caught.value)
    return caught.value.what


def others(hint: Any) -> list[tuple[Any, str]]:
    """Values that are not of this type, and how they are refused."""
    kind = samples.present(hint)
    wrong: dict[Any, list[tuple[Any, str]]] = {
        Any: [],
        str: [
            (7, "a whole number instead of text"),
            (["s3cret"], "a list instead of text"),
            ({"s3cret": "s3cret"}, "an object instead of text"),
        ],
        int: [
            ("s3cret", "text instead of a whole number"),
            (7.0, "a number instead of a whole number"),
            (True, "true or false instead of a whole number"),
        ],
        float: [
            ("s3cret", "text instead of a number"),
            (True, "true or false instead of a number"),
            (float("nan"), "a number instead of a number"),
            (float("inf"), "a number instead of a number"),
            (10**400, "a whole number instead of a number"),
        ],
        bool: [
            ("s3cret", "text instead of true or false"),
            (1, "a whole number instead of true or false"),
        ],
    }
    if kind in wrong:
        return wrong[kind]
    if get_origin(kind) is tuple:
        return [
            ("s3cret", "text instead of a list"),
            ({"0": "s3cret"}, "an object instead of a list"),
        ]
    if isinstance(kind, type) and issubclass(kind, Enum):
        known = ", ".join(each.value for each in kind)
        return [
            ("s3cret", f"text instead of one of {known}"),
            (7, f"a whole number instead of one of {known}"),
        ]
    return [
        ("s3cret", "text instead of an object"),
        (["s3cret"], "a list instead of an object"),
    ]


def test_every_fault_is_told_at_once() -> None:
    it = way("request", Step.LOCK)
    assert fault(it, {"target": {"application": 1}, "owner": "ann", "seconds": "s3cret"}) == (
        "request/reason: missing"
        "; request/target/environment: missing"
        "; request/target/server: missing"
        "; request/target/application: a whole number instead of text"
        "; request/seconds: text instead of a number"
    )


def test_a_request_is_one_line_of_json() -> None:
    request = LockRequest(Target("shop", "staging", "one"), "ann@desk", "a new disk", None)
    assert write_request(request) == (
        '{"protocol": 2, "request": {"owner": "ann@desk", "reason": "a new disk", "seconds": null,'
        ' "target": {"application": "shop", "environment": "staging", "server": "one"}}}'
    )


def test_an_answer_is_one_line_of_json() -> None:
    answer = LockAnswer(None, LockReport("ann@desk", "a new disk", 1.5, None))
    assert write_answer(answer) == (
        '{"answer": {"after": {"owner": "ann@desk", "reason": "a new disk", "since": 1.5,'
        ' "until": null}, "before": null}, "protocol": 2}'
    )


@pytest.mark.parametrize("number", [0, 1, 99, -1])
@pytest.mark.parametrize("it", WAYS)
def test_another_protocol_is_refused_in_one_clear_error(it: Way, number: int) -> None:
    with pytest.raises(SlipwayError) as caught:
        it.read(json.dumps({"protocol": number, "surprise": "s3cret"}))
    assert str(caught.value) == (
        f"{it.name}: it has protocol {number} instead of 2. Use the version of Slipway that "
        "deployed there"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is not JSON"),
        ('{"s3cret": "s3cret"', "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ('"s3cret"', "it has no protocol number"),
        ("[1]", "it has no protocol number"),
        ("{}", "it has no protocol number"),
        ('{"protocol": "s3cret"}', "it has no protocol number"),
        ('{"protocol": true}', "it has no protocol number"),
        ('{"protocol": 2.0}', "it has no protocol number"),
        ('{"protocol": 2}', "unknown or missing: "),
        ('{"protocol": 2, "surprise": "s3cret"}', "unknown or missing: "),
    ],
)
@pytest.mark.parametrize("it", WAYS[:2])
def test_what_is_no_message_is_refused_without_what_it_held(it: Way, text: str, told: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        it.read(text)
    assert str(caught.value).startswith(f"{it.name}: {told}")
    assert "s3cret" not in str(caught.value)


def test_a_request_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = write_request(samples.full(LockRequest))
    monkeypatch.setattr(messages, "LARGEST_REQUEST", len(text))
    assert read_request(Step.LOCK, text) == samples.full(LockRequest)
    with pytest.raises(SlipwayError, match="request: it is larger than"):
        read_request(Step.LOCK, text + " ")


def test_the_answer_to_one_step_is_none_to_another() -> None:
    text = write_answer(samples.full(RolloutAnswer))
    assert read_answer(Step.SWITCH, text).switch_seconds == 7.5
    with pytest.raises(MismatchError, match="answer/result: missing"):
        read_answer(Step.ABORT, text)


def test_every_step_has_its_exchange_and_its_handler() -> None:
    assert set(EXCHANGES) == set(HANDLERS) == set(Step)


def test_every_step_that_answers_for_a_rollout_has_its_plan() -> None:
    answers = (RolloutAnswer, MigrateAnswer, AbortAnswer)
    assert set(PLANNERS) == {step for step in Step if EXCHANGES[step].answer in answers}


@pytest.mark.parametrize("step", STEPS)
def test_a_handler_takes_the_request_of_its_step_and_gives_its_answer(step: Step) -> None:
    handler: Any = HANDLERS[step]
    if isinstance(handler, functools.partial):
        assert handler.args == (step,)
        handler = handler.func
    known = get_type_hints(handler)
    assert EXCHANGES[step].request in (known["request"], *get_args(known["request"]))
    assert EXCHANGES[step].answer in (known["return"], *get_args(known["return"]))


SECRETS = {
    Step.PREFLIGHT: {"certificate", "registry/password"},
    Step.PULL: {"registry/password"},
    Step.MIGRATE: {"secrets"},
    Step.START: {"certificate", "secrets"},
    Step.ACCESSORY: {"registry/password", "secrets"},
}


@pytest.mark.parametrize("step", STEPS)
def test_no_secret_shows_in_a_printed_request_and_the_agent_masks_all_of_them(step: Step) -> None:
    request = samples.full(EXCHANGES[step].request)
    data = json.loads(write_request(request))["request"]
    values = {text for path in SECRETS.get(step, ()) for text in texts(at(data, path))}
    assert set(confidential(request)) == values
    printed = repr(request)
    assert not [value for value in values if value in printed]
    assert set(texts(data["target"])) == {each for each in texts(data["target"]) if each in printed}


@pytest.mark.parametrize("step", STEPS)
def test_what_is_not_printed_is_known_as_a_secret(step: Step) -> None:
    kind = EXCHANGES[step].request
    printed = repr(samples.full(kind))
    data = json.loads(write_request(samples.full(kind)))["request"]
    hidden = {
        str(place)
        for place in samples.places(kind)
        if not any(text in printed for text in texts(at(data, str(place))))
        and list(texts(at(data, str(place))))
    }
    assert hidden == SECRETS.get(step, set())


def at(data: Any, path: str) -> Any:
    for each in path.split("/"):
        data = data[int(each) if isinstance(data, list) else each]
    return data


def texts(data: Any) -> list[str]:
    """All texts in JSON but its names and the words of enums."""
    if isinstance(data, dict):
        return [text for each in data.values() for text in texts(each)]
    if isinstance(data, list):
        return [text for each in data for text in texts(each)]
    return [data] if isinstance(data, str) and data.startswith("text ") else []


def test_a_request_without_secrets_has_nothing_to_mask() -> None:
    assert confidential(samples.full(EXCHANGES[Step.STATUS].request)) == ()


def test_the_number_of_the_protocol_goes_up_with_every_change_of_a_message() -> None:
    shapes = {
        str(step): [samples.described(each.request), samples.described(each.answer)]
        for step, each in EXCHANGES.items()
    }
    digest = hashlib.sha256(json.dumps(shapes, sort_keys=True).encode()).hexdigest()[:12]
    told = (
        "A message has changed: raise PROTOCOL in slipway/protocol/messages.py, and note both here"
    )
    assert (PROTOCOL, digest) == (2, "3e05135ade3d"), told
