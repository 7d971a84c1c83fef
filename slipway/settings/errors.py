"""Faults in settings, reported all at once, in the words of the person who wrote the settings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import yaml
from pydantic_core import ErrorDetails

from slipway.errors import SlipwayError
from slipway.settings.schema import KeyPath, Place, place
from slipway.settings.settings import Settings


@dataclass(frozen=True)
class Fault:
    """One fault: the path of the setting, what is wrong with it, and what to do."""

    path: KeyPath
    what: str
    remedy: str = ""

    def line(self, stack: str) -> str:
        """One line, such as `staging/version: is required. For example: `version: v1.0.0`.`."""
        where = "/".join(_printable(str(part)) for part in (stack, *self.path))
        return f"{where}: {self.what}. {self.remedy}".rstrip()


class SettingsError(SlipwayError):
    """The faults in a stack's settings, one line each; its text has no secret value."""

    def __init__(self, stack: str, faults: Iterable[Fault]) -> None:
        self.stack = stack
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line(stack)))
        super().__init__("\n".join(fault.line(stack) for fault in self.faults))


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the nearest known one, else all of them."""
    names = list(known)
    nearest = get_close_matches(name, names, n=1)
    if nearest:
        return f"Did you mean `{nearest[0]}`?"
    return f"Known: {', '.join(f'`{each}`' for each in names)}." if names else "None is defined."


KEY: Final = "[key]"  # pydantic ends the location of a fault in a map's key with it
SHOWN: Final = 60  # characters of a faulty value in an error

_CONFIDENTIAL: Final = {"secrets", "password"}  # where a secret may be by mistake
_LIMITS: Final = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_PLAIN: Final = {
    "missing": "is required",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "model_type": "must be a map",
    "dict_type": "must be a map",
    "mapping_type": "must be a map",
    "tuple_type": "must be a list",
}
# Faults whose message does not repeat the value.
_VALUELESS: Final = {"missing", "too_short", "string_too_short"}


def explain(error: ErrorDetails) -> Fault:
    """The fault for one of pydantic's errors in `Settings`."""
    path = tuple(part for part in error["loc"] if part != KEY)
    here = place(Settings, path)
    if error["type"] == "extra_forbidden":
        above = place(Settings, path[:-1])
        known = above.model.model_fields if above and above.model else ()
        return Fault(path, "unknown key", suggestion(str(path[-1]), known))
    found = "" if error["type"] in _VALUELESS else _shown(path, error["input"], here)
    return Fault(path, _rule(error, here) + found, _remedy(error, path, here))


def written(value: Any) -> str:
    """A plain value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=math.inf, sort_keys=False)
    return text.removesuffix("...\n").rstrip()


def _rule(error: ErrorDetails, here: Place | None) -> str:
    kind = error["type"]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if here and here.choices:
        choices = ", ".join(f"`{choice}`" for choice in here.choices)
        return f"must be one of {choices}" if len(here.choices) > 1 else f"must be {choices}"
    context = error.get("ctx", {})
    for name, words in _LIMITS.items():
        if name in context:
            write = here.kind.write if here and here.kind else str
            return f"must be {words} {write(context[name])}"
    return error["msg"]  # the rule of one of our own types


def _shown(path: KeyPath, value: object, here: Place | None) -> str:
    """An invalid value, shortened; nothing where it may be a secret."""
    if isinstance(value, Mapping):
        return ", not a map"
    if isinstance(value, (list, tuple)):
        return ", not a list"
    if _CONFIDENTIAL.intersection(path):
        return ""
    if here and here.kind and not isinstance(value, str | None):
        return f", not {here.kind.write(value)}"
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return f", not {text}" if len(text) <= SHOWN else f", not {text[:SHOWN]}…"


def _remedy(error: ErrorDetails, path: KeyPath, here: Place | None) -> str:
    given = error["input"]
    if error["type"] == "string_type" and isinstance(given, (int, float)):
        return "Put it in quotes."
    nearest = get_close_matches(str(given), here.choices, n=1) if here else []
    if nearest:
        return f"Did you mean `{nearest[0]}`?"
    if not here or not here.field or not here.field.examples:
        return ""
    key = path[len(path) - 1 - here.depth]
    return f"For example: `{key}: {written(here.field.examples[0])}`."
