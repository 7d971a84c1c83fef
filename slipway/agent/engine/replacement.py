"""Replace a container by another with the same volumes, or restore the old one.

Only one may use the volumes: the old one is stopped and renamed. It stays until the new one has
proved to be well (`keep`), and comes back where it has not (`restore`).
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
    """Create and start a container of this name, on trial where another has the name.

    The new one is created while the old one still serves. Raises SlipwayError when the engine
    refuses anything; the old one then still runs, or runs again. `grace` is in seconds.
    """
    try:
        engine.create(f"{name}{NEW}", body)
        if engine.inspect(name) is not None:
            engine.stop(name, grace)
            engine.rename(name, f"{name}{OLD}")
        engine.rename(f"{name}{NEW}", name)
        engine.start(name)
    except SlipwayError:
        with contextlib.suppress(SlipwayError):  # the first error is the one to report
            recover(engine, name, report)
        raise


def keep(engine: Engine, name: str) -> None:
    """End the trial: the container is well, and the old one goes."""
    engine.remove(f"{name}{OLD}")


def restore(engine: Engine, name: str, grace: float, report: Report) -> bool:
    """End the trial with the old container, which runs again; False where there is none."""
    if engine.inspect(f"{name}{OLD}") is None:
        return False
    engine.stop(name, grace)
    engine.remove(name)
    engine.rename(f"{name}{OLD}", name)
    _start_again(engine, name, report)
    return True


def recover(engine: Engine, name: str, report: Report) -> None:
    """Undo a replacement that was cut off before the new container was started.

    One that was started is on trial, and stays. Raises SlipwayError when the engine refuses; a
    container that does not start is only reported.
    """
    new, old = engine.inspect(f"{name}{NEW}"), engine.inspect(f"{name}{OLD}")
    if new is not None:
        engine.remove(f"{name}{NEW}")
    if old is not None and _started(engine.inspect(name)):
        return
    if old is not None:
        engine.remove(name)
        engine.rename(f"{name}{OLD}", name)
    if new is not None or old is not None:
        _start_again(engine, name, report)


def _started(found: Mapping[str, Any] | None) -> bool:
    """Whether it has ever run; a start that the engine refused does not count."""
    return found is not None and found["State"]["Status"] != "created"


def _start_again(engine: Engine, name: str, report: Report) -> None:
    """Start the old container; a failure is only reported, so that it can still be replaced."""
    if engine.inspect(name) is None:
        return
    try:
        engine.start(name)
    except SlipwayError as error:
        report(f"{name} does not start again: {error.what}")
