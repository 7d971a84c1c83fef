"""An environment's overrides, merged into what all environments share."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.settings.schema import KeyPath


def with_overrides(values: Mapping[str, object]) -> dict[str, object]:
    """The values with `overrides` merged into `application`, where both are maps."""
    base, over = values.get("application"), values.get("overrides")
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**values, "application": merged(base, over)}
    return dict(values)


def merged(base: object, over: object) -> object:
    """`over` merged into `base`: maps merge, everything else replaces, null removes (RFC 7396)."""
    if not isinstance(over, Mapping):
        return over
    result = dict(base) if isinstance(base, Mapping) else {}
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def exists(path: KeyPath, values: object) -> bool:
    """Whether `values` have anything at `path`."""
    for key in path:
        if isinstance(values, list):
            values = dict(enumerate(values))
        if not isinstance(values, Mapping) or key not in values:
            return False
        values = values[key]
    return True


def written_at(path: KeyPath, values: Mapping[str, object]) -> KeyPath:
    """The path at which the user wrote a merged setting: below `application` or `overrides`."""
    if path[:1] != ("application",) or "overrides" not in values:
        return path
    base, over, inner = values.get("application"), values["overrides"], path[1:]
    if exists(inner, over):
        return ("overrides", *inner)
    if inner and not exists(inner[:-1], base) and exists(inner[:-1], over):
        return ("overrides", *inner)
    return path
