"""An environment's overrides change what they name, and nothing else."""

from __future__ import annotations

import pytest

from slipway.settings.overrides import merged, written_at


@pytest.mark.parametrize(
    ("base", "over", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": 1}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({"a": {"b": 1}}, {"a": "text"}, {"a": "text"}),
    ],
)
def test_maps_merge_everything_else_replaces_and_null_removes(
    base: object, over: object, result: object
) -> None:
    assert merged(base, over) == result


def test_merging_leaves_the_base_as_it_was() -> None:
    base = {"a": {"b": 1}}
    merged(base, {"a": {"b": 2}})
    assert base == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        (("application", "name"), "application"),
        (("application", "services", "web", "replicas"), "overrides"),
        (("application", "services", "web", "image"), "application"),
        (("application", "services", "new", "image"), "overrides"),
        (("application", "services", "web", "domains", 0), "overrides"),
        (("version",), "version"),
    ],
)
def test_a_fault_is_reported_where_a_person_wrote_it(
    path: tuple[str | int, ...], origin: str
) -> None:
    values = {
        "application": {"name": "shop", "services": {"web": {"image": "shop", "domains": ["y"]}}},
        "overrides": {"services": {"web": {"replicas": 0, "domains": ["x"]}, "new": {}}},
    }
    assert written_at(path, values) == (origin, *path[1:])
