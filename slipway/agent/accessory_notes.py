"""What this server notes of its accessories, and what has become of them since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.agent.docker import Engine
from slipway.agent.health.container import stop_reason
from slipway.agent.store import Store

FILE = "accessories.json"
UNFINISHED = "its last start was not finished"


def read(store: Store) -> Mapping[str, Any]:
    """The notes by the name of the accessory."""
    return store.read(FILE)


def begin(store: Store, name: str, readiness: Mapping[str, Any]) -> None:
    """Until the step is done it is noted as not finished, and counted, so as to be planned again.

    Pulumi keeps the inputs of before a step that failed: what it left behind would look like rest.
    """
    noted = read(store)
    note = {"basis": "", "starts": 0, **readiness, **noted.get(name, {})}
    store.write(FILE, {**noted, name: {**note, "starts": note["starts"] + 1, "finished": False}})


def done(store: Store, name: str, readiness: Mapping[str, Any], basis: str) -> None:
    """What the step was planned on is kept, so that the next plan can tell drift from rest."""
    noted = read(store)
    note = {**noted[name], "basis": basis, "finished": True, **readiness}
    store.write(FILE, {**noted, name: note})


def observed(engine: Engine, application: str, store: Store) -> dict[str, Any]:
    """By accessory, what its step left behind and what has become of it since."""
    return {
        name: {
            "basis": note["basis"],
            "starts": note["starts"],
            "problem": _problem(engine.inspect(f"{application}-{name}"), note),
        }
        for name, note in read(store).items()
    }


def _problem(found: Mapping[str, Any] | None, note: Mapping[str, Any]) -> str:
    """Empty where it runs and its step was done; the note of an older agent tells of no other."""
    if found is None:
        return "missing"
    return stop_reason(found) or ("" if note.get("finished", True) else UNFINISHED)
