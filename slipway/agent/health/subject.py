"""A container to ask and to watch."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.release.release import Health


@dataclass(frozen=True)
class Subject:
    """A container: its name for the engine, its name for people, what ready means."""

    name: str
    label: str
    health: Health
    address: str = ""
    port: int = 0
