"""Carries actions out, one after the other, each written in the journal before and after it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Callable, Protocol

from slipway.agent.report import Report
from slipway.errors import SlipwayError
from slipway.release.machine import Action, Actions


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
    """What went wrong with optional actions. Raises SlipwayError for any other fault, at once."""
    warnings: list[str] = []
    for action in actions:
        journal(str(action), "begun", action.release)
        try:
            _perform(action, host)
        except SlipwayError as error:
            fault = report.redact.line(str(error))
            journal(str(action), f"failed: {fault}", action.release)
            if not action.optional:
                raise
            warnings.append(f"{action}: {fault}")
        else:
            journal(str(action), "done", action.release)
    return warnings


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
