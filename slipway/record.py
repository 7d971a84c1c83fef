"""The releases that an environment has committed, by version."""

from __future__ import annotations

from collections.abc import Mapping

Releases = Mapping[str, Mapping[str, str]]
"""By version, the image of each service as the servers reported it; oldest first."""

KEPT = 200  # versions: about 60 KB of state, years of releases for most


def added(before: Releases, version: str, images: Mapping[str, str]) -> Releases:
    """The record with one more release; unchanged if it has that version with these images."""
    if before.get(version) == images:
        return before
    others = {known: each for known, each in before.items() if known != version}
    newest = list({**others, version: images}.items())[-KEPT:]
    return dict(newest)
