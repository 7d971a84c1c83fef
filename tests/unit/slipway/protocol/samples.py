"""Values of every type that a message may have, found by the type hints of its fields."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    Any: JSON,
}


class Place(NamedTuple):
    """A field of a message, however deep, in a message of which every optional part is there."""

    path: tuple[str | int, ...]
    hint: Any

    def __str__(self) -> str:
        return "/".join(map(str, self.path))


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of that type."""
    if hint in PLAIN:
        return PLAIN[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Union:
        return st.one_of(st.none(), *(values(each) for each in arguments if each is not type(None)))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(st.text(), values(arguments[1]), max_size=2)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return st.builds(hint, **{name: values(each) for name, each in hints(hint).items()})


def full(hint: Any) -> Any:
    """One value in which nothing is empty, and no text is there twice."""
    return _full(hint, itertools.count(1))


def _full(hint: Any, numbers: Iterator[int]) -> Any:
    plain = {str: f"text {next(numbers)}.", int: 7, float: 7.5, bool: True, Any: {"x": [1]}}
    if hint in plain:
        return plain[hint]
    origin = get_origin(hint)
    if origin is Union:
        return _full(present(hint), numbers)
    if origin is tuple:
        return (_full(get_args(hint)[0], numbers),)
    if origin is not None:
        return {"key": _full(get_args(hint)[1], numbers)}
    if issubclass(hint, Enum):
        return list(hint)[-1]
    return hint(**{name: _full(each, numbers) for name, each in hints(hint).items()})


def places(hint: Any, path: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Every field of `full(hint)`, and every field of those."""
    kind = present(hint)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        yield from places(arguments[0], (*path, 0))
    elif origin is not None:
        yield from places(arguments[1], (*path, "key"))
    elif is_dataclass(kind):
        for name, each in hints(kind).items():
            yield Place((*path, name), each)
            yield from places(each, (*path, name))


def hints(kind: Any) -> dict[str, Any]:
    """The type of each field by its name."""
    found = get_type_hints(kind)
    return {each.name: found[each.name] for each in fields(kind)}


def present(hint: Any) -> Any:
    """The type of an optional value that is there."""
    if get_origin(hint) is not Union:
        return hint
    return next(each for each in get_args(hint) if each is not type(None))


def described(hint: Any) -> Any:
    """The shape of a type as plain JSON: another one is another protocol, or another format."""
    if get_origin(hint) is Union:
        return ["optional", described(present(hint))]
    if get_origin(hint) is not None:
        inner = [each for each in get_args(hint) if each is not ...]
        return [get_origin(hint).__name__, *map(described, inner)]
    if is_dataclass(hint):
        return {name: described(each) for name, each in hints(hint).items()}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return [str(each) for each in hint]
    return "any" if hint is Any else hint.__name__
