"""Commands that run once on a database, before any container of a release starts.

What has run is known by the image's digest and the command, and belongs to the database: an empty,
moved or restored one begins anew. A rotated secret, another server or a second try does not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slipway.rollout.release import Release, Task
from slipway.strenum import StrEnum

KEPT = 50  # runs that a server remembers; those of the current release are always among them
_DIGITS = 12  # hexadecimal


class Kind(StrEnum):
    """What a command is for."""

    MIGRATION = "migration"  # once for an image and a command
    SETUP = "setup"  # once, ever


@dataclass(frozen=True)
class Run:
    """A command of a release on one database."""

    kind: Kind
    id: str  # DATABASE/WHAT
    task: Task


def database_id(name: str, volumes: Mapping[str, str]) -> str:
    """The id of the data that a release finds.

    `name` is chosen by a person, for a database elsewhere; `volumes` has the id of the data of each
    accessory with volumes.
    """
    return _digest([name, dict(volumes)])


def runs(release: Release, database: str) -> tuple[Run, ...]:
    """The release's commands, in their order."""
    found = []
    if release.migration is not None:
        image = release.images[release.migration.service].rpartition("@")[2]
        what = _digest([image, list(release.migration.command)])
        found.append(Run(Kind.MIGRATION, f"{database}/{what}", release.migration))
    if release.setup is not None:
        found.append(Run(Kind.SETUP, f"{database}/{Kind.SETUP}", release.setup))
    return tuple(found)


def has_been_migrated(database: str, ran: Iterable[str]) -> bool:
    """Whether any migration is known to have run on the database."""
    own = [each for each in ran if each.startswith(f"{database}/")]
    return any(id_kind(each) is Kind.MIGRATION for each in own)


def id_kind(run: str) -> Kind:
    """What the command of a run's id is for."""
    return Kind.SETUP if run.rpartition("/")[2] == Kind.SETUP else Kind.MIGRATION


def remembered(before: tuple[str, ...], ran: Iterable[str]) -> tuple[str, ...]:
    """The runs that a server knows after these, newest first."""
    return tuple(dict.fromkeys((*ran, *before)))[:KEPT]


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
