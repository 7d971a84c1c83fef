"""Carries actions out, each written in the journal before and after it; undoes what fails."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Protocol

from slipway.agent.report import Report
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.rollout import machine
from slipway.rollout.machine import Action, Actions
from slipway.rollout.state import Phase

LOG_SHOWN = 20  # lines of a failed container's log; the incident's report has more
ENDING = (Phase.ABORTING, Phase.IDLE)  # phases in which there is nothing to go back from


class Performer(Protocol):
    """Who does the actions."""

    def perform(self, action: Action) -> None: ...


class Recorder(Performer, Protocol):
    """Who also keeps the state that they lead to."""

    store: Store


@dataclass(frozen=True)
class Journal:
    """Writes what one step does."""

    append: Callable[[Any], None]
    step: str
    owner: str
    transaction: str = ""  # names the rollout

    def __call__(self, action: str, outcome: str, release: str = "") -> None:
        who = {"step": self.step, "owner": self.owner, "transaction": self.transaction}
        entry = {"time": round(time.time(), 3), **who}
        self.append({**entry, "release": release, "action": action, "outcome": outcome})


class InterruptedStepError(SlipwayError):
    """The step was told to end."""


def attempt(
    actions: Actions,
    runner: Recorder,
    journal: Journal,
    report: Report,
    failed: Callable[[SlipwayError], None],
) -> list[str]:
    """Carry the actions out, or undo the rollout; what went wrong with optional ones.

    `failed` is told of the fault before anything is undone. Raises SlipwayError for it, with the
    server as it was before the rollout.
    """
    try:
        with _interruptible():
            return carry_out(actions, runner, journal, report)
    except SlipwayError as error:
        for line in getattr(error, "log", ())[-LOG_SHOWN:]:
            report(line)
        failed(error)
        report(f"failed: {error.what}; going back")
        undo = machine.recover(runner.store.state())
        try:
            for warning in carry_out(undo, runner, journal, report):
                report(f"while going back: {warning}")
        except SlipwayError as second:
            raise SlipwayError(
                f"{error.what}; and going back failed too: {second.what}",
                where=error.where,
                remedy="Run `pulumi up` again once that is mended",
            ) from second
        raise


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and SIGINT fail the step, which undoes it; going back itself is not interrupted."""
    signals = (signal.SIGTERM, signal.SIGINT)

    def interrupt(number: int, _: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise InterruptedStepError(
            f"interrupted by {signal.Signals(number).name}", remedy="Run the rollout again"
        )

    for each in signals:
        signal.signal(each, interrupt)
    try:
        yield
    finally:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)


def carry_out(actions: Actions, runner: Performer, journal: Journal, report: Report) -> list[str]:
    """What went wrong with optional actions. Raises SlipwayError for any other fault, at once.

    On the way forward nothing is done that the journal does not hold; going back does without it.
    """
    warnings: list[str] = []
    for action in actions:
        _begin(action, journal, report)
        try:
            _perform(action, runner)
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
    """In the journal; where the disk is too full for it, in the report."""
    try:
        journal(str(action), outcome, action.release)
    except OSError as error:
        report(f"{action}: {outcome}; the journal cannot be written: {error.strerror}")


def _perform(action: Action, runner: Performer) -> None:
    """Whatever goes wrong is a fault of the action: the server must go back."""
    try:
        runner.perform(action)
    except SlipwayError:
        raise
    except Exception as error:
        raise SlipwayError(
            f"{type(error).__name__}: {error}",
            where=str(action),
            remedy="Report it with the journal",
        ) from error
