"""The releases that an environment has committed, by version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from slipway.errors import SlipwayError
from slipway.protocol.codec import MismatchError, from_json

ReleaseLog = Mapping[str, Mapping[str, str]]
"""By version, the image of each service as the servers reported it; oldest first."""

KEPT = 200  # versions: about 60 KB of state, years of releases for most


def read(resources: Mapping[str, Mapping[str, Any]], application: str) -> ReleaseLog:
    """The log in a stack's resources by URN; empty for a stack without one.

    Raises SlipwayError for a log that cannot be read.
    """
    for urn, resource in resources.items():
        if urn.endswith(f"::{application}-releases"):
            return _parsed(urn, resource)
    return {}


def added(before: ReleaseLog, version: str, images: Mapping[str, str]) -> ReleaseLog:
    """The log with this release added; unchanged if it has the version with these images."""
    if before.get(version) == images:
        return before
    others = {known: each for known, each in before.items() if known != version}
    newest = list({**others, version: images}.items())[-KEPT:]
    return dict(newest)


def _parsed(urn: str, resource: Mapping[str, Any]) -> ReleaseLog:
    try:
        log = json.loads(resource["outputs"]["stdout"])
        return from_json(ReleaseLog, log, urn)  # type: ignore[type-abstract] # python/mypy#4717
    except (KeyError, TypeError, ValueError, MismatchError):
        raise SlipwayError(
            "the log of the releases that ran cannot be read",
            where=urn,
            remedy="Import an older state (pulumi stack history, pulumi stack export --version N)"
            f" or begin a new log: pulumi state delete '{urn}'",
        ) from None
