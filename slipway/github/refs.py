"""Branches, tags and the patterns that name many of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PROBES = ("1", "1.2.3-rc.4", "x-y")
"""What a `*` of another pattern may stand for."""


def admits(pattern: str, other: str) -> bool:
    """Whether `pattern` admits all refs that `other`, a ref or a pattern itself, stands for.

    As GitHub reads patterns: `*` is anything but `/`, `**` is anything.
    """
    return all(_matches(pattern, other.replace("*", probe)) for probe in _PROBES)


def admitted(patterns: Iterable[str], other: str) -> bool:
    """Whether one of the patterns admits all refs that `other` stands for."""
    return any(admits(each, other) for each in patterns)


def _matches(pattern: str, ref: str) -> bool:
    parts = (_part(each) for each in re.split(r"(\*+)", pattern))
    return re.fullmatch("".join(parts), ref) is not None


def _part(text: str) -> str:
    if text.startswith("*"):
        return "[^/]*" if text == "*" else ".*"
    return re.escape(text)
