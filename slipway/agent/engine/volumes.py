"""Named volumes, each with an id of the data that began in it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

from slipway.agent.engine.client import Engine

LABEL = "slipway.data"
_BYTES = 6  # of an id


def ensure(engine: Engine, application: str, names: Iterable[str]) -> None:
    """Create the volumes that are missing, with labels; the others stay as they are."""
    for name in names:
        if engine.find(f"/volumes/{name}") is None:
            labels = {"slipway.application": application, LABEL: secrets.token_hex(_BYTES)}
            engine.post("/volumes/create", {"Name": name, "Labels": labels})


def data(engine: Engine, names: Iterable[str]) -> str:
    """The id of the data in all of them; empty where one is missing, and for none.

    A volume that somebody else has made has no id, and is known by its name.
    """
    found = []
    for name in sorted(names):
        volume = engine.find(f"/volumes/{name}")
        if volume is None:
            return ""
        found.append((volume.get("Labels") or {}).get(LABEL, name))
    return hashlib.sha256("\0".join(found).encode()).hexdigest()[: 2 * _BYTES] if found else ""
