"""From a stack's configuration to validated settings, or to everything that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from slipway.rollout.release import SETTINGS as RELEASE_SETTINGS
from slipway.settings import checks
from slipway.settings.errors import Fault, SettingsError, explain
from slipway.settings.known_hosts import pinned
from slipway.settings.overrides import with_overrides, written_at
from slipway.settings.schema import KeyPath, place, plain
from slipway.settings.settings import Settings
from slipway.settings.validate import validate


def load(
    stack: str,
    values: Mapping[str, object],
    folder: Path,
    encrypted: Collection[str] | None = None,
) -> Settings:
    """The settings of `stack` from the keys of the project's namespace (`version`, `servers`, ...).

    Values are plain, or JSON text as Pulumi gives objects. Files are found from the project's
    `folder`. `encrypted` are the keys that hold an encrypted value, if that is known. Raises
    SettingsError with all faults at once; its text has no secret value.
    """
    given = {key: _decoded(key, value) for key, value in values.items()}
    draft, faults = pinned(with_overrides(given), folder)
    if encrypted is not None:
        faults += _encryption(given, encrypted)
    settings, errors = validate(draft)
    invalid = [explain(error) for error in errors]
    faults += invalid
    if settings:
        faults += _independent_of(invalid, checks.run(settings, stack, folder))
    if faults or not settings:
        raise SettingsError(
            stack, (Fault(written_at(f.path, given), f.what, f.remedy) for f in faults)
        )
    return settings


def _decoded(key: str, value: object) -> object:
    """JSON text is decoded, except where plain text is expected: version "1.10" stays as it is."""
    here = place(Settings, (key,))
    if not isinstance(value, str) or (here and plain(here.annotation) is str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _encryption(given: Mapping[str, object], encrypted: Collection[str]) -> Iterator[Fault]:
    """Secrets in plain text, and encrypted values that a rollback could not restore."""
    if given.get("secrets") and "secrets" not in encrypted:
        yield Fault(
            ("secrets",),
            "is in plain text",
            "Set each secret again: `pulumi config set --secret --path 'slipway:secrets.NAME'`",
        )
    for key in RELEASE_SETTINGS:
        if key in encrypted:
            yield Fault(
                (key,),
                "has an encrypted value, which a rollback cannot read from the stack's history",
                "Put the value into `secrets`, and its name into the service's `secrets`",
            )


def _independent_of(invalid: Iterable[Fault], found: Iterable[Fault]) -> Iterator[Fault]:
    """The faults that were not found because of a placeholder for an invalid value."""
    places = [fault.path for fault in invalid]
    for fault in found:
        if not any(_overlap(fault.path, each) for each in places):
            yield fault


def _overlap(one: KeyPath, other: KeyPath) -> bool:
    """Whether one of the paths is the beginning of the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]
