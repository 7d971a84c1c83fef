"""Durations, sizes and percentages as people write them: `250ms`, `10m`, `500M`, `1%`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Final

from slipway.settings.types import Parsed

LONGEST: Final = Decimal(86_400)  # seconds: a rollout that waits longer than a day is a mistake
LARGEST: Final = 1 << 50  # bytes

_SECONDS: Final = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
}
_BYTES: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}  # as Docker's
_WRITTEN: Final = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)([A-Za-z]*|%)")

_DURATION_RULE: Final = "must be a duration (number with ms, s, m or h; without a unit: seconds)"
_PERCENTAGE_RULE: Final = "must be a percentage (number with %)"
_SIZE_RULE: Final = (
    "must be a size (number with K, M, G or T, powers of 1024; without a unit: bytes)"
)


def parse_duration(value: object) -> float:
    """Seconds, from `250ms`, `2s`, `10m`, `1h` or a plain number of seconds; 0 to 24 hours.

    Raises ValueError with the rule that is broken.
    """
    number, unit = _split(value, _DURATION_RULE)
    if unit and unit not in _SECONDS:
        raise ValueError(_DURATION_RULE)
    seconds = number * _SECONDS[unit or "s"]
    if seconds > LONGEST:
        raise ValueError("must be at most 24h")
    return float(seconds)


def write_duration(seconds: float) -> str:
    """The shortest way to write a duration: 600 is `10m`, 0.25 is `250ms`, 0 is `0s`."""
    exact = Decimal(str(seconds))
    for unit in ("h", "m", "s", "ms"):
        number = exact / _SECONDS[unit]
        if number >= 1 and number == number.to_integral_value():
            return f"{int(number)}{unit}"
    return f"{exact.normalize():f}s"


def parse_size(value: object) -> int:
    """Bytes, from `500M`, `1.5G` (powers of 1024, as Docker's) or a whole number of bytes.

    Raises ValueError with the rule that is broken.
    """
    number, unit = _split(value, _SIZE_RULE)
    if unit not in _BYTES:
        raise ValueError(_SIZE_RULE)
    size = number * _BYTES[unit]
    if size != size.to_integral_value():
        raise ValueError("must be a whole number of bytes")
    if size > LARGEST:
        raise ValueError(f"must be at most {write_size(LARGEST)}")
    return int(size)


def write_size(size: int) -> str:
    """The shortest exact way to write a size: 1073741824 is `1G`, 1000 is `1000`."""
    for unit in ("T", "G", "M", "K"):
        if size and size % _BYTES[unit] == 0:
            return f"{size // _BYTES[unit]}{unit}"
    return str(size)


def parse_percentage(value: object) -> float:
    """A share, 0.01 for `1%`. Raises ValueError with the rule, also for a bare number."""
    number, unit = _split(value, _PERCENTAGE_RULE)
    if unit != "%":
        raise ValueError(_PERCENTAGE_RULE)
    return float(number / 100)


def write_percentage(share: float) -> str:
    """As people write it: 0.01 is `1%`."""
    return f"{(Decimal(str(share)) * 100).normalize():f}%"


def _split(value: object, rule: str) -> tuple[Decimal, str]:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(rule)
    match = _WRITTEN.fullmatch(str(value))
    if not match:
        raise ValueError(rule)
    return Decimal(match[1]), match[2]


Duration = Annotated[float, Parsed("duration", write_duration, parse_duration)]
Size = Annotated[int, Parsed("size", write_size, parse_size)]
Percentage = Annotated[float, Parsed("percentage", write_percentage, parse_percentage)]
