"""Branches, tags and patterns of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PROBES = ("1", "1.2.3-rc.4", "x-y")
"""Examples of what a `*` in a pattern matches."""


def covers(pattern: str, other: str) -> bool:
    """Whether `pattern` matches every ref that `other`, a ref or a pattern, matches.

    In GitHub's patterns `*` matches anything but `/`, and `**` anything.
    """
    return all(_matches(pattern, other.replace("*", probe)) for probe in _PROBES)


def covered(patterns: Iterable[str], other: str) -> bool:
    """Whether one of the patterns matches every ref that `other` matches."""
    return any(covers(each, other) for each in patterns)


def _matches(pattern: str, ref: str) -> bool:
    parts = (_part(each) for each in re.split(r"(\*+)", pattern))
    return re.fullmatch("".join(parts), ref) is not None


def _part(text: str) -> str:
    if text.startswith("*"):
        return "[^/]*" if text == "*" else ".*"
    return re.escape(text)
