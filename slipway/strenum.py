"""`enum.StrEnum`, which Python 3.9 lacks: members are equal to, and printed as, their values."""

from __future__ import annotations

from enum import Enum


class StrEnum(str, Enum):
    """A closed set of values, as they appear in messages, files and requests."""

    def __str__(self) -> str:
        return str(self.value)
