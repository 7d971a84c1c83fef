"""From a stack's configuration to validated settings, or to everything that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from slipway.release.release import SETTINGS as RELEASE_SETTINGS
from slipway.settings import checks
from slipway.settings.errors import Fault, SettingsError
from slipway.settings.explain import explain
from slipway.settings.kind import NAMES_UNCHECKED
from slipway.settings.known_hosts import pinned
from slipway.settings.mend import mended
from slipway.settings.merge import merged, written_at
from slipway.settings.schema import place, plain
from slipway.settings.settings import Settings

MENDINGS: Final = 4  # a stand-in for a map may lack fields of its own, down to the deepest model


def load(
    stack: str,
    values: Mapping[str, object],
    folder: Path,
    encrypted: Collection[str] | None = None,
) -> Settings:
    """The settings of `stack` from the keys of the project's namespace (`version`, `servers`, ...).

    Values are plain, or JSON text as Pulumi gives objects. Files are found from the project's
    `folder`. `encrypted` are the keys that hold something encrypted, where that is known. Raises
    SettingsError with all faults at once; no secret value is in its text.
    """
    given = {key: _decoded(key, value) for key, value in values.items()}
    draft, faults = pinned(_with_overrides(given), folder)
    if encrypted is not None:
        faults += _misplaced(given, encrypted)
    settings, errors = _validated(draft)
    invalid = [explain(error) for error in errors]
    faults += invalid
    if settings:
        faults += _apart_from(invalid, checks.run(settings, stack, folder))
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


def _misplaced(given: Mapping[str, object], encrypted: Collection[str]) -> Iterator[Fault]:
    """Secrets that anybody can read, and those that a rollback could not bring back."""
    if given.get("secrets") and "secrets" not in encrypted:
        yield Fault(
            ("secrets",),
            "is in plain text",
            "Set each again: `pulumi config set --secret --path 'slipway:secrets.NAME'`",
        )
    for key in RELEASE_SETTINGS:
        if key in encrypted:
            yield Fault(
                (key,),
                "holds something encrypted, which the history tells to no rollback",
                "Put it into `secrets`, and its name into the service's `secrets`",
            )


def _with_overrides(given: Mapping[str, object]) -> dict[str, object]:
    base, over = given.get("application"), given.get("overrides")
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**given, "application": merged(base, over)}
    return dict(given)


def _validated(draft: dict[str, object]) -> tuple[Settings | None, list[ErrorDetails]]:
    """The settings, with stand-ins at the places of the errors that come with them."""
    settings, errors = _attempt(draft, context=None)
    remaining = errors
    for _ in range(MENDINGS):
        if settings:
            break
        draft = mended(draft, remaining)
        settings, remaining = _attempt(draft, context=NAMES_UNCHECKED)
    return settings, errors


def _attempt(
    draft: Mapping[str, object], context: str | None
) -> tuple[Settings | None, list[ErrorDetails]]:
    # Sorted: Pulumi keeps no order of keys, and the same configuration gives the same release.
    try:
        return Settings.model_validate_json(json.dumps(draft, sort_keys=True), context=context), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _apart_from(invalid: Iterable[Fault], found: Iterable[Fault]) -> Iterator[Fault]:
    """What was found where no stand-in stood: the rest would be consequences."""
    places = [fault.path for fault in invalid]
    for fault in found:
        if not any(_on_one_path(fault.path, each) for each in places):
            yield fault


def _on_one_path(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]
