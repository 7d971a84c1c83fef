"""Which version is newer, by Semantic Versioning 2.0.0 (semver.org), section 11."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:-([^+]+))?(?:\+.*)?")


def newest_first(versions: Iterable[str]) -> list[str]:
    """Sorted by precedence; names that are not versions come last, `build-10` before `build-9`."""
    return sorted(versions, key=_precedence, reverse=True)


def _precedence(name: str) -> tuple[Any, ...]:
    found = _VERSION.fullmatch(name)
    if found is None:
        return (0, _identifiers(re.findall(r"\d+|\D+", name)))
    numbers, before_release = found.groups()
    # A release follows all of its pre-releases.
    return (
        1,
        tuple(int(number) for number in numbers.split(".")),
        before_release is None,
        _identifiers((before_release or "").split(".")),
    )


def _identifiers(words: Iterable[str]) -> tuple[tuple[int, int, str], ...]:
    """Numbers compare as numbers and come before words."""
    return tuple((0, int(word), "") if word.isdecimal() else (1, 0, word) for word in words)
