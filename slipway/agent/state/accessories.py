"""The state of this server's accessories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Optional

from slipway.agent.state.store import Store
from slipway.rollout.release import Health

FILE = "accessories.json"


@dataclass(frozen=True)
class Note:
    """One accessory: the context of its last successful step, and its readiness check."""

    context: str
    starts: int  # how often its step has run
    finished: bool  # whether the last run succeeded
    health: Health
    port: Optional[int]
    volumes: tuple[str, ...]  # as the engine names them
    data: str  # id of what was in them after the last successful step


@dataclass(frozen=True)
class _Notes:
    accessories: Mapping[str, Note] = field(default_factory=dict)


def read(store: Store) -> Mapping[str, Note]:
    """The notes by accessory name."""
    return (store.load(FILE, _Notes) or _Notes()).accessories


def begin(
    store: Store, name: str, health: Health, port: Optional[int], volumes: tuple[str, ...]
) -> None:
    """Note that the step has begun, and count it, so that a failed step is planned again.

    After a failure Pulumi keeps the old inputs, so without this note the failure would not show.
    """
    before = read(store).get(name)
    context, starts, data = (before.context, before.starts, before.data) if before else ("", 0, "")
    _write(store, name, Note(context, starts + 1, False, health, port, volumes, data))


def done(store: Store, name: str, context: str, data: str) -> None:
    """Note that the step has succeeded, with its context, so that the next plan shows drift."""
    _write(store, name, replace(read(store)[name], context=context, finished=True, data=data))


def undone(store: Store, name: str, before: Note) -> None:
    """Note that the step has failed, and that the accessory is again what was noted before it."""
    _write(store, name, replace(before, starts=read(store)[name].starts, finished=False))


def _write(store: Store, name: str, note: Note) -> None:
    store.save(FILE, _Notes({**read(store), name: note}))
