"""Execute actions, with a journal entry before and after each; undo the rollout on failure."""

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

LOG_SHOWN = 20  # lines of a failed container's log; the incident report has more
ENDING = (Phase.ABORTING, Phase.IDLE)  # phases in which there is nothing to undo


class Performer(Protocol):
    """Does the actions."""

    def perform(self, action: Action) -> None: ...


class Recorder(Performer, Protocol):
    """Does the actions and stores the state."""

    store: Store


@dataclass(frozen=True)
class Journal:
    """Writes the journal entries of one step."""

    append: Callable[[Any], None]
    step: str
    owner: str
    transaction: str = ""  # id of the rollout

    def __call__(self, action: str, outcome: str, release: str = "") -> None:
        context = {"step": self.step, "owner": self.owner, "transaction": self.transaction}
        entry = {"time": round(time.time(), 3), **context}
        self.append({**entry, "release": release, "action": action, "outcome": outcome})


class Interruption(BaseException):
    """A signal interrupts the step: no error of an action, so that nothing takes it for one."""


def attempt(
    actions: Actions,
    runner: Recorder,
    journal: Journal,
    report: Report,
    failed: Callable[[SlipwayError], None],
) -> list[str]:
    """Execute the actions, or undo the rollout; return the failures of optional actions.

    `failed` is called with the error before anything is undone. Raises the error, with the server
    as it was before the rollout.
    """
    try:
        with _interruptible():
            return execute(actions, runner, journal, report)
    except (SlipwayError, Interruption) as caught:
        error = _explained(caught)
        for line in getattr(error, "log", ())[-LOG_SHOWN:]:
            report(line)
        failed(error)
        report(f"failed: {error.what}; rolling back")
        undo = machine.recover(runner.store.state())
        try:
            for warning in execute(undo, runner, journal, report):
                report(f"while rolling back: {warning}")
        except SlipwayError as second:
            raise SlipwayError(
                f"{error.what}; and the rollback failed too: {second.what}",
                where=error.where,
                remedy="Correct that, then run `pulumi up` again",
            ) from second
        raise error from None if error is caught else caught


def _explained(caught: BaseException) -> SlipwayError:
    if isinstance(caught, SlipwayError):
        return caught
    return SlipwayError(f"interrupted by {caught}", remedy="Run `pulumi up` again")


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and SIGINT make the step fail, which undoes it; the undoing is not interrupted."""
    signals = (signal.SIGTERM, signal.SIGINT)

    def interrupt(number: int, _: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise Interruption(signal.Signals(number).name)

    for each in signals:
        signal.signal(each, interrupt)
    try:
        yield
    finally:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)


def execute(actions: Actions, runner: Performer, journal: Journal, report: Report) -> list[str]:
    """Return the failures of optional actions. Raises SlipwayError for any other, at once.

    A rollout does no action that is not in the journal; undoing it continues without the journal.
    """
    warnings: list[str] = []
    for action in actions:
        _begin(action, journal, report)
        try:
            _perform(action, runner)
        except SlipwayError as error:
            fault = report.redact.line(str(error))
            _record(action, f"failed: {fault}", journal, report)
            if not action.optional:
                raise
            warnings.append(f"{action}: {fault}")
        else:
            _record(action, "done", journal, report)
    return warnings


def _begin(action: Action, journal: Journal, report: Report) -> None:
    if action.state.phase in ENDING:
        _record(action, "begun", journal, report)
        return
    try:
        journal(str(action), "begun", action.release)
    except OSError as error:
        raise SlipwayError(
            f"the journal cannot be written: {error.strerror}",
            where=str(action),
            remedy="Free disk space",
        ) from error


def _record(action: Action, outcome: str, journal: Journal, report: Report) -> None:
    """Write to the journal, or to the report if the disk is full."""
    try:
        journal(str(action), outcome, action.release)
    except OSError as error:
        report(f"{action}: {outcome}; the journal cannot be written: {error.strerror}")


def _perform(action: Action, runner: Performer) -> None:
    """Any exception is a failure of the action, so that the rollout is undone."""
    try:
        runner.perform(action)
    except SlipwayError:
        raise
    except Exception as error:
        raise SlipwayError(
            f"{type(error).__name__}: {error}",
            where=str(action),
            remedy="Report this bug with the journal",
        ) from error
