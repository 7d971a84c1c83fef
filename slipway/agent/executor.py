"""Carries actions out, one after the other, each written in the journal before and after it."""

from __future__ import annotations

import time
from typing import Any, Callable, Protocol

from slipway.agent.report import Report
from slipway.errors import SlipwayError
from slipway.release.machine import Action, Actions
from slipway.release.state import ABORTING, IDLE
from slipway.values import dataclass

ENDING = (ABORTING, IDLE)  # phases in which there is nothing to go back from


class Performer(Protocol):
    """Who does the actions."""

    def perform(self, action: Action) -> None: ...


@dataclass(frozen=True)
class Journal:
    """Writes what one step does."""

    append: Callable[[Any], None]
    step: str
    owner: str
    ballot: str = ""  # names the rollout

    def __call__(self, action: str, outcome: str, release: str = "") -> None:
        who = {"step": self.step, "owner": self.owner, "ballot": self.ballot}
        entry = {"time": round(time.time(), 3), **who}
        self.append({**entry, "release": release, "action": action, "outcome": outcome})


def carry_out(actions: Actions, host: Performer, journal: Journal, report: Report) -> list[str]:
    """What went wrong with optional actions. Raises SlipwayError for any other fault, at once.

    On the way forward nothing is done that the journal does not know of; going back needs it not.
    """
    warnings: list[str] = []
    for action in actions:
        _begin(action, journal, report)
        try:
            _perform(action, host)
        except SlipwayError as error:
            fault = report.redact.line(str(error))
            _tell(action, f"failed: {fault}", journal, report)
            if not action.optional:
                raise
            warnings.append(f"{action}: {fault}")
        else:
            _tell(action, "done", journal, report)
    return warnings


def _begin(action: Action, journal: Journal, report: Report) -> None:
    if action.state.phase in ENDING:
        _tell(action, "begun", journal, report)
        return
    try:
        journal(str(action), "begun", action.release)
    except OSError as error:
        raise SlipwayError(
            f"the journal cannot be written: {error.strerror}",
            where=str(action),
            remedy="Free some disk",
        ) from error


def _tell(action: Action, outcome: str, journal: Journal, report: Report) -> None:
    """In the journal; where the disk is too full for it, to those who listen."""
    try:
        journal(str(action), outcome, action.release)
    except OSError as error:
        report(f"{action}: {outcome}; the journal cannot be written: {error.strerror}")


def _perform(action: Action, host: Performer) -> None:
    """Whatever goes wrong is a fault of the action: the server must go back."""
    try:
        host.perform(action)
    except SlipwayError:
        raise
    except Exception as error:
        raise SlipwayError(
            f"{type(error).__name__}: {error}",
            where=str(action),
            remedy="Report it with the journal",
        ) from error
