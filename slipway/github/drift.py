"""Drift at GitHub that Pulumi's refresh cannot see.

The provider cannot read secrets, and does not notice that all reviewers were removed. Each secret
and environment therefore has a generation, a number that is increased when it must be written again
with the same value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from slipway.github import names
from slipway.github.observe import ObservedEnvironment, Reviewers
from slipway.github.rules import EnvironmentRules


def generations(
    before: Mapping[str, float], ours: Mapping[str, str], theirs: Mapping[str, str]
) -> dict[str, int]:
    """The generation of each secret in the state.

    `ours` has the time at which this stack last wrote each secret, `theirs` the time at which
    anybody did. The generation `before` is increased for a secret that was overwritten or removed.
    """
    return {
        name: int(before.get(name, 0)) + _overwritten(written, theirs.get(name))
        for name, written in ours.items()
    }


def environment_generation(
    before: float, wanted: Reviewers, found: ObservedEnvironment | None
) -> int:
    """The generation of an environment: increased when it, or all its reviewers, were removed."""
    gone = found is None or (found.reviewers == Reviewers() and wanted != Reviewers())
    return int(before) + gone


def unmanaged_policies(
    name: str, rules: EnvironmentRules, found: ObservedEnvironment | None, kept: Collection[str]
) -> Iterator[str]:
    """Branches and tags that may be deployed though not configured; `kept` is in the state.

    Pulumi removes only what it created, so they have to be removed by hand.
    """
    for kind, pattern in sorted(found.policies) if found else ():
        if (kind, pattern) not in rules.policies and names.policy(name, kind, pattern) not in kept:
            yield f"{kind} {pattern}"


def _overwritten(ours: str, theirs: str | None) -> bool:
    if theirs is None:
        return True
    return bool(ours) and parse_time(theirs) > parse_time(ours)


def parse_time(text: str) -> datetime:
    """A time, as GitHub writes it or as the provider keeps it (`2026-01-31 12:00:00 +0000 UTC`).

    Raises ValueError for anything else.
    """
    return datetime.fromisoformat(re.sub(r" ([+-]\d{4}) \S+$", r"\1", text))
