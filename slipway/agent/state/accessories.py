"""What this server notes of its accessories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Optional

from slipway.agent.state.store import Store
from slipway.rollout.release import Health

FILE = "accessories.json"


@dataclass(frozen=True)
class Note:
    """One accessory: what its last successful step was planned on, and what ready means."""

    context: str
    starts: int  # runs of its step
    finished: bool  # whether the last one was
    health: Health
    port: Optional[int]


@dataclass(frozen=True)
class _Notes:
    accessories: Mapping[str, Note] = field(default_factory=dict)


def read(store: Store) -> Mapping[str, Note]:
    """The notes by the name of the accessory."""
    return (store.load(FILE, _Notes) or _Notes()).accessories


def begin(store: Store, name: str, health: Health, port: Optional[int]) -> None:
    """Until the step is done it is noted as not finished, and counted, so as to be planned again.

    Pulumi keeps the inputs of before a step that failed: what it left behind would look like rest.
    """
    before = read(store).get(name)
    context, starts = (before.context, before.starts) if before else ("", 0)
    _write(store, name, Note(context, starts + 1, False, health, port))


def done(store: Store, name: str, context: str) -> None:
    """What the step was planned on is kept, so that the next plan can tell drift from rest."""
    _write(store, name, replace(read(store)[name], context=context, finished=True))


def _write(store: Store, name: str, note: Note) -> None:
    store.save(FILE, _Notes({**read(store), name: note}))
