"""Validation that finds every fault at once: placeholders stand for faulty values."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from slipway.settings.schema import KeyPath, Place, place
from slipway.settings.settings import Settings
from slipway.settings.types import NAMES_UNCHECKED

ATTEMPTS: Final = 4  # a placeholder may itself lack fields, down to the most deeply nested model
PLACEHOLDER: Final = "placeholder"  # for text in a map; NAMES_UNCHECKED allows it everywhere
REMOVED: Final = object()


def validate(values: Mapping[str, object]) -> tuple[Settings | None, list[ErrorDetails]]:
    """The settings and all errors in `values`.

    With errors, the settings have placeholders at the places of the errors, so that the other
    settings can still be checked against each other; they are None if no placeholder is valid.
    """
    settings, errors = _attempt(values, context=None)
    remaining = errors
    for _ in range(ATTEMPTS):
        if settings:
            break
        values = with_placeholders(values, remaining)
        settings, remaining = _attempt(values, context=NAMES_UNCHECKED)
    return settings, errors


def _attempt(
    values: Mapping[str, object], context: str | None
) -> tuple[Settings | None, list[ErrorDetails]]:
    # Sorted, because Pulumi keeps no order of keys: the same configuration is the same release.
    text = json.dumps(values, sort_keys=True)
    try:
        return Settings.model_validate_json(text, context=context), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def with_placeholders(values: Mapping[str, Any], errors: Iterable[ErrorDetails]) -> dict[str, Any]:
    """A copy of `values` with a placeholder at the place of every error.

    An empty model may then lack required fields: validate and replace again.
    """
    result = copy.deepcopy(dict(values))
    for error in errors:
        path = error["loc"]
        here = place(Settings, path)
        if here is not None and here.depth and not isinstance(path[-1], str):
            path, here = path[: -here.depth], place(Settings, path[: -here.depth])
        _put(result, path, _placeholder(here))
    return result


def _placeholder(here: Place | None) -> Any:
    if here is None or here.field is None:
        return REMOVED
    if here.model:
        return {}
    if here.depth:
        return PLACEHOLDER
    return here.field.examples[0] if here.field.is_required() and here.field.examples else REMOVED


def _put(values: Any, path: KeyPath, value: Any) -> None:
    """Set `value` at `path`; does nothing where an earlier placeholder has removed the path."""
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
