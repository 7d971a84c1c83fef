"""The changes between two sets of inputs, as the engine shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .values import Struct, is_asset, is_secret, plain

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class Difference:
    """Changed property paths with their kinds (ADD, DELETE, UPDATE, each also _REPLACE).

    `replaces` and `stables` are top-level names: those that force a replacement, and those that
    would but did not change. `detailed` is False where the official plugin gives no detail.
    """

    kinds: dict[str, str]
    changed: list[str] = field(default_factory=list)
    replaces: list[str] = field(default_factory=list)
    stables: list[str] = field(default_factory=list)
    delete_before_replace: bool = False
    detailed: bool = True


def changed_paths(old: Struct, new: Struct) -> dict[str, str]:
    """Each changed property path with ADD, DELETE or UPDATE; a secret counts as a whole."""
    return dict(_members(old, new, ""))


def top_level(paths: dict[str, str]) -> list[str]:
    """The sorted names of the inputs that the paths start with."""
    return sorted({re.split(r"[.\[]", path, maxsplit=1)[0] for path in paths})


def _members(old: Struct, new: Struct, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key in sorted(old.keys() | new.keys()):
        path = _join(prefix, key)
        if old.get(key) is None and new.get(key) is None:
            continue
        if old.get(key) is None:
            found.append((path, "ADD"))
        elif new.get(key) is None:
            found.append((path, "DELETE"))
        else:
            found += _value(old[key], new[key], path)
    return found


def _value(old: Any, new: Any, path: str) -> list[tuple[str, str]]:
    if _comparable(old) == _comparable(new):
        return []
    if is_secret(old) or is_secret(new) or is_asset(old) or is_asset(new):
        return [(path, "UPDATE")]
    if isinstance(old, dict) and isinstance(new, dict):
        return _members(old, new, path)
    if isinstance(old, list) and isinstance(new, list):
        return _members(_by_index(old), _by_index(new), path)
    return [(path, "UPDATE")]


def _comparable(value: Any) -> Any:
    """Assets are compared by content: their path is not in the state."""
    if is_asset(value) and value.get("hash"):
        return value["hash"]
    return plain(value)


def _by_index(items: list[Any]) -> Struct:
    return {f"[{index}]": item for index, item in enumerate(items)}


def _join(prefix: str, key: str) -> str:
    if key.startswith("["):
        return f"{prefix}{key}"
    if not _IDENTIFIER.match(key):
        return f'{prefix}["{key}"]'
    return f"{prefix}.{key}" if prefix else key
