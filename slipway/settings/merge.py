"""An environment's overrides laid over what all environments share."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.settings.schema import Path


def merged(base: object, over: object) -> object:
    """`base` under `over`: maps merge, everything else replaces, null removes (RFC 7396)."""
    if not isinstance(over, Mapping):
        return over
    result = dict(base) if isinstance(base, Mapping) else {}
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def has(values: object, path: Path) -> bool:
    """Whether anything stands at `path` in `values`."""
    for key in path:
        if isinstance(values, list):
            values = dict(enumerate(values))
        if not isinstance(values, Mapping) or key not in values:
            return False
        values = values[key]
    return True


def written_at(path: Path, values: Mapping[str, object]) -> Path:
    """Where a person wrote what stands at `path` after the merge: `application` or `overrides`."""
    if path[:1] != ("application",) or "overrides" not in values:
        return path
    base, over, inner = values.get("application"), values["overrides"], path[1:]
    if has(over, inner) or (inner and not has(base, inner[:-1]) and has(over, inner[:-1])):
        return ("overrides", *inner)
    return path
