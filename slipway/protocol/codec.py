"""Dataclasses to JSON and back, strictly: no field is left out, defaulted or ignored.

A value is read as its class declares it. `int`, `float`, `str`, `bool`, `Optional`, `Mapping` with
text keys, `tuple` of one type, enums, dataclasses and `Any` (plain JSON) are supported. A field is
required even where its class has a default: defaults are for code only.

Annotations are evaluated on servers too, so shared dataclasses write `Optional[X]`: Python 3.9 has
no `X | None`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping as AbstractMapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from slipway.errors import SlipwayError

Value = TypeVar("Value")

_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
_KINDS = {**_NAMES, type(None): "null", list: "a list", dict: "an object"}


class MismatchError(SlipwayError):
    """JSON that does not have the expected fields and types; the message names each by its path."""


def to_json(value: Any) -> Any:
    """The JSON-ready form of a value, with all fields of its dataclasses."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, AbstractMapping):
        return {key: to_json(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(each) for each in value]
    return value


def from_json(kind: type[Value], data: Any, where: str) -> Value:
    """Read what `to_json` wrote of a value of that kind.

    `where` is the start of each path in the message. Raises MismatchError for unknown, missing and
    ill-typed fields, all at once.
    """
    faults: list[str] = []
    value = _read(kind, data, where, faults)
    if faults:
        raise MismatchError("; ".join(faults), remedy="Use the version of Slipway that wrote it")
    return cast(Value, value)


def _read(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    """The value; it has no meaning where `faults` has grown."""
    origin = get_origin(kind)
    if kind is Any:
        value = data
    elif kind in _NAMES:
        value = _plain(kind, data, path, faults)
    elif origin is Union:
        present = next(each for each in get_args(kind) if each is not type(None))
        value = None if data is None else _read(present, data, path, faults)
    elif origin is tuple:
        value = _items(get_args(kind)[0], data, path, faults)
    elif origin is AbstractMapping:
        value = _entries(get_args(kind)[1], data, path, faults)
    elif issubclass(kind, Enum):
        value = _member(kind, data, path, faults)
    else:
        value = _object(kind, data, path, faults)
    return value


def _items(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    if not _is(list, data, "a list", path, faults):
        return data
    return tuple(_read(kind, each, f"{path}/{n}", faults) for n, each in enumerate(data))


def _entries(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    if not _is(dict, data, "an object", path, faults):
        return data
    return {key: _read(kind, each, f"{path}/{key}", faults) for key, each in data.items()}


def _plain(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    """A whole number counts as a number; true and false count as neither."""
    allowed: tuple[type, ...] = (int, float) if kind is float else (kind,)
    fits = isinstance(data, allowed) and (kind is bool or not isinstance(data, bool))
    if not fits or (kind is float and not _finite(data)):
        faults.append(f"{path}: {_found(data)} instead of {_NAMES[kind]}")
        return data
    return float(data) if kind is float else data


def _finite(number: float) -> bool:
    """Also false for a whole number that is too large for a float."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _member(kind: type[Enum], data: Any, path: str, faults: list[str]) -> Any:
    known = {each.value: each for each in kind}
    if not isinstance(data, str) or data not in known:
        faults.append(f"{path}: {_found(data)} instead of one of {', '.join(map(str, known))}")
        return data
    return known[data]


def _object(kind: Any, data: Any, path: str, faults: list[str]) -> Any:
    if not _is(dict, data, "an object", path, faults):
        return data
    hints, before = _hints(kind), len(faults)
    faults += [f"{path}/{name}: unknown field" for name in data if name not in hints]
    faults += [f"{path}/{name}: missing" for name in hints if name not in data]
    values = {
        name: _read(hints[name], data[name], f"{path}/{name}", faults)
        for name in hints
        if name in data
    }
    return kind(**values) if len(faults) == before else data


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    """The type of each field by name, in their order."""
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def _is(wanted: type, data: Any, name: str, path: str, faults: list[str]) -> bool:
    if isinstance(data, wanted):
        return True
    faults.append(f"{path}: {_found(data)} instead of {name}")
    return False


def _found(data: Any) -> str:
    """The type of what was found, never its content: it may be a secret."""
    return _KINDS.get(type(data), type(data).__name__)
