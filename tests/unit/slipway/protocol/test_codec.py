"""Dataclasses become JSON and come back; a whole number is read as a number, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

import pytest
from hypothesis import given

from slipway.protocol.codec import MismatchError, from_json, to_json
from slipway.rollout.state import Phase, State
from slipway.strenum import StrEnum
from tests.unit.slipway.protocol import samples


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Part:
    size: float
    colour: Colour


@dataclass(frozen=True)
class Whole:
    name: str
    parts: tuple[Part, ...]
    by_name: Mapping[str, Optional[Part]]
    free: Any
    count: int = 3
    tags: tuple[str, ...] = field(default_factory=tuple)


WHOLE = Whole("it", (Part(1.5, Colour.RED),), {"a": Part(2.0, Colour.BLUE), "b": None}, [1, {}])
DATA: dict[str, Any] = {
    "name": "it",
    "parts": [{"size": 1.5, "colour": "red"}],
    "by_name": {"a": {"size": 2.0, "colour": "blue"}, "b": None},
    "free": [1, {}],
    "count": 3,
    "tags": [],
}


def test_every_field_is_written_also_one_with_its_default() -> None:
    assert to_json(WHOLE) == DATA
    assert type(to_json(Colour.RED)) is str


def test_what_was_written_is_read() -> None:
    assert from_json(Whole, DATA, "it") == WHOLE


def test_a_field_with_a_default_has_to_be_there_too() -> None:
    without = {name: each for name, each in DATA.items() if name not in ("count", "tags")}
    with pytest.raises(MismatchError) as caught:
        from_json(Whole, without, "file.json")
    assert str(caught.value) == (
        "file.json/count: missing; file.json/tags: missing. "
        "Use the version of Slipway that wrote it"
    )


def test_a_fault_deep_inside_is_told_by_its_path() -> None:
    parts = [*DATA["parts"], {"size": "s3cret", "colour": "s3cret"}]
    with pytest.raises(MismatchError) as caught:
        from_json(Whole, {**DATA, "parts": parts, "by_name": {"a": 7}}, "it")
    assert caught.value.what == (
        "it/parts/1/size: text instead of a number"
        "; it/parts/1/colour: text instead of one of red, blue"
        "; it/by_name/a: a whole number instead of an object"
    )


def test_a_whole_number_is_read_as_the_number_that_it_is() -> None:
    read = from_json(Part, {"size": 2, "colour": "red"}, "it")
    assert (read.size, type(read.size)) == (2.0, float)


@pytest.mark.parametrize("data", [None, "s3cret", 7, [], True])
def test_what_is_no_object_is_refused(data: Any) -> None:
    with pytest.raises(MismatchError, match=r"^it: .* instead of an object\."):
        from_json(Whole, data, "it")


@given(samples.values(State))
def test_a_state_comes_back_as_it_was_kept(state: State) -> None:
    assert from_json(State, json.loads(json.dumps(to_json(state))), "state.json") == state


def test_the_words_of_a_closed_set_are_printed_as_they_are_written() -> None:
    assert f"{Phase.PREPARED}" == str(Phase.PREPARED) == "prepared"
    assert Phase("prepared") is Phase.PREPARED
    assert json.dumps([Phase.PREPARED]) == '["prepared"]'
