"""What rulesets, releases and deployments have in common: kept as sent, found by number."""

from __future__ import annotations

from typing import TypeVar

from fakes.github.call import NOT_FOUND, Call, Fault

Kept = TypeVar("Kept")


def numbered(call: Call, parameter: str, kept: dict[int, Kept]) -> Kept:
    """The one that the path names. Raises Fault when there is none."""
    found = kept.get(call.number(parameter))
    if not found:
        raise Fault(404, NOT_FOUND)
    return found
