"""A container takes the place of another with the same volumes, or the other one is back.

Only one may use the volumes: the old one waits aside, stopped, until the new one is started.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from slipway.agent.engine.client import Engine
from slipway.agent.report import Report
from slipway.errors import SlipwayError

NEW, OLD = ".new", ".old"  # no service or accessory has a dot in its name


def replace(
    engine: Engine, name: str, body: Mapping[str, Any], grace: float, report: Report
) -> None:
    """Make and start a container of this name, in the place of the one that has it, if any.

    What the engine refuses to make is found while the old one serves. Raises SlipwayError where it
    refuses anything; the old one then runs on, or again. `grace` is in seconds.
    """
    try:
        engine.create(f"{name}{NEW}", body)
        if engine.inspect(name) is not None:
            engine.stop(name, grace)
            engine.rename(name, f"{name}{OLD}")
        engine.rename(f"{name}{NEW}", name)
        engine.start(name)
    except SlipwayError:
        with contextlib.suppress(SlipwayError):  # what went wrong first is what has to be told
            settle(engine, name, report)
        raise
    engine.remove(f"{name}{OLD}")


def settle(engine: Engine, name: str, report: Report) -> None:
    """Complete a replacement that ended in the middle once the new one is started, else undo it.

    Raises SlipwayError when the engine refuses; a container that does not start is only told of.
    """
    new, old = engine.inspect(f"{name}{NEW}"), engine.inspect(f"{name}{OLD}")
    if old is not None and not _started(engine.inspect(name)):
        engine.remove(name)
        engine.rename(f"{name}{OLD}", name)
    if new is not None or old is not None:
        engine.remove(f"{name}{NEW}")
        engine.remove(f"{name}{OLD}")
        _revive(engine, name, report)


def _started(found: Mapping[str, Any] | None) -> bool:
    """Whether it ever was; a start that the engine refuses is none."""
    return found is not None and found["State"]["Status"] != "created"


def _revive(engine: Engine, name: str, report: Report) -> None:
    """It may have been stopped for its successor. One that cannot start may still be replaced."""
    if engine.inspect(name) is None:
        return
    try:
        engine.start(name)
    except SlipwayError as error:
        report(f"{name} does not start again: {error.what}")
