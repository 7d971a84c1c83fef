"""Faults in settings, collected and reported all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from slipway.errors import SlipwayError
from slipway.settings.schema import Path


@dataclass(frozen=True)
class Fault:
    """One fault: the path of the setting, what is wrong with it, and what to do."""

    path: Path
    what: str
    remedy: str = ""

    def line(self, stack: str) -> str:
        """One line, such as `staging/version: is required. For example: `version: v1.0.0`.`."""
        where = "/".join(_printable(str(part)) for part in (stack, *self.path))
        return f"{where}: {self.what}. {self.remedy}".rstrip()


class SettingsError(SlipwayError):
    """The faults in a stack's settings, one line each; no secret value is in its text."""

    def __init__(self, stack: str, faults: Iterable[Fault]) -> None:
        self.stack = stack
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line(stack)))
        super().__init__("\n".join(fault.line(stack) for fault in self.faults))


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the nearest known one, else all of them."""
    names = list(known)
    nearest = get_close_matches(name, names, n=1)
    if nearest:
        return f"Did you mean `{nearest[0]}`?"
    return f"Known: {', '.join(f'`{each}`' for each in names)}." if names else "None is defined."
