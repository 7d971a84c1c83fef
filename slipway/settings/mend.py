"""Stand-ins for faulty values, so that one fault does not hide the others."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

from slipway.settings.schema import Path, Place, place
from slipway.settings.settings import Settings

REMOVED: Final = object()
STAND_IN: Final = "stand-in"  # for text in a map; the context of validation lets it pass anywhere


def mended(values: Mapping[str, Any], errors: Iterable[ErrorDetails]) -> dict[str, Any]:
    """A copy of `values` with a stand-in at the place of every error.

    An empty model may then lack required fields: validate and mend again.
    """
    result = copy.deepcopy(dict(values))
    for error in errors:
        path = error["loc"]
        here = place(Settings, path)
        if here is not None and here.depth and not isinstance(path[-1], str):
            path, here = path[: -here.depth], place(Settings, path[: -here.depth])
        _put(result, path, _stand_in(here))
    return result


def _stand_in(here: Place | None) -> Any:
    if here is None or here.field is None:
        return REMOVED
    if here.model:
        return {}
    if here.depth:
        return STAND_IN
    return here.field.examples[0] if here.field.is_required() and here.field.examples else REMOVED


def _put(values: Any, path: Path, value: Any) -> None:
    """Stays silent where an earlier stand-in has already removed the way to `path`."""
    for key in path[:-1]:
        if not isinstance(values, dict) or key not in values:
            return
        values = values[key]
    if not isinstance(values, dict):
        return
    if value is REMOVED:
        values.pop(path[-1], None)
    else:
        values[path[-1]] = value
