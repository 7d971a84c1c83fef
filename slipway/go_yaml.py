"""YAML as Pulumi reads it: with the scalars of Go's YAML v3, which are not those of PyYAML.

`off` is text, `010` is 8, `1e3` is a number. Source: resolve.go of gopkg.in/yaml.v3 3.0.1, whose
values Pulumi turns into JSON.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import yaml

_PLAIN: Final = "tag:slipway,plain"
_MERGE: Final = "tag:yaml.org,2002:merge"
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_INTEGER: Final = re.compile(
    r"[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)", re.ASCII
)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_MOMENT: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)?)?",
    re.ASCII,
)
_BASES: Final = {"b": 2, "o": 8, "x": 16}


class _Loader(yaml.SafeLoader):
    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is yaml.ScalarNode and implicit[0]:
            return _MERGE if value == "<<" else _PLAIN
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]


_Loader.add_constructor(_PLAIN, lambda _, node: scalar(node.value))


def load(text: str) -> Any:
    """The value of a document; None for an empty one. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a SafeLoader


def scalar(text: str) -> Any:
    """What an unquoted scalar stands for; a date is text as JSON has it."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        return _number(text)
    if text[0] not in "+-0123456789":
        return text
    moment = _moment(text)
    return _number(text) if moment is None else moment


def _number(text: str) -> Any:
    """The number, or the text of what is none."""
    plain = text.replace("_", "") if text[0] != "." else text
    if _INTEGER.fullmatch(plain):
        value = _integer(plain)
        if -(2**63) <= value < 2**63 or (plain[0] not in "+-" and value < 2**64):
            return value
    if _FLOAT.fullmatch(plain) and math.isfinite(float(plain)):
        return float(plain)
    return text


def _integer(plain: str) -> int:
    digits = plain.lstrip("+-")
    base = _BASES.get(digits[1:2].lower(), 8) if digits[0] == "0" and len(digits) > 1 else 10
    value = int(digits[2:] if digits[1:2].lower() in _BASES else digits, base)
    return -value if plain[0] == "-" else value


def _moment(text: str) -> str | None:
    """A date or a time in the form of RFC 3339; None for what is neither."""
    found = _MOMENT.fullmatch(text)
    if not found:
        return None
    year, month, day, mark, hour, minute, second, fraction, zone = found.groups()
    if (mark in ("T", "t")) != bool(zone):
        return None  # a zone is required after T, and not possible after a space
    try:
        day_and_time = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            tzinfo=_zone(zone or "Z"),
        )  # fmt: skip
    except ValueError:
        return None
    nanoseconds = (fraction or "")[:9].rstrip("0")
    shown = f"{day_and_time:%Y-%m-%dT%H:%M:%S}" + (f".{nanoseconds}" if nanoseconds else "")
    return shown + ("Z" if not day_and_time.utcoffset() else str(zone))


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
