"""What somebody else changed at GitHub and Pulumi's own refresh can't see.

The provider reads no secret, and doesn't notice when all reviewers are gone. So each of these has a
generation, a number that goes up when it has to be written again with the same value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from slipway.github import names
from slipway.github.rules import EnvironmentRules
from slipway.github.survey import Environment, Reviewers


def generations(
    before: Mapping[str, float], ours: Mapping[str, str], theirs: Mapping[str, str]
) -> dict[str, int]:
    """The generation of each secret in the state.

    `ours` says when this stack last wrote each, `theirs` when anybody did. One that was overwritten
    or removed goes up from the generation `before`; all others stay.
    """
    return {
        name: int(before.get(name, 0)) + _overwritten(written, theirs.get(name))
        for name, written in ours.items()
    }


def environment_generation(before: float, wanted: Reviewers, found: Environment | None) -> int:
    """The generation of an environment in the state: up when it, or all its reviewers, are gone."""
    gone = found is None or (found.reviewers == Reviewers() and wanted != Reviewers())
    return int(before) + gone


def foreign_policies(
    name: str, rules: EnvironmentRules, found: Environment | None, kept: Collection[str]
) -> Iterator[str]:
    """Branches and tags that may be deployed though no stack said so; `kept` is in the state.

    Pulumi removes only what it made, so a person has to.
    """
    for kind, pattern in sorted(found.policies) if found else ():
        if (kind, pattern) not in rules.policies and names.policy(name, kind, pattern) not in kept:
            yield f"{kind} {pattern}"


def _overwritten(ours: str, theirs: str | None) -> bool:
    if theirs is None:
        return True
    return bool(ours) and moment(theirs) > moment(ours)


def moment(text: str) -> datetime:
    """A time, as GitHub writes it or as the provider keeps it (`2026-01-31 12:00:00 +0000 UTC`).

    Raises ValueError for anything else.
    """
    return datetime.fromisoformat(re.sub(r" ([+-]\d{4}) \S+$", r"\1", text))
