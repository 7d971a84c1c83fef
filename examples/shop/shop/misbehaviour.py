"""Failures on purpose, so that a rollout's defences can be seen at work. All off by default.

A switch is set for one container (`MISBEHAVE_READY=never`) or baked into an image version
(`MISBEHAVE="READY=never,ERROR_RATE=0.03"`). The container's own variable wins; an empty one is off.
"""

import difflib
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from itertools import count
from typing import Any

from shop import log


class MisbehaviourError(ValueError):
    """A switch that does not exist or has a value it can't take."""


@dataclass(frozen=True)
class Misbehaviour:
    """The switches; times are seconds, `error_rate` is a share of requests, 0 is off."""

    start: bool = False
    ready: bool = False
    migration: bool = False
    error_rate: float = 0.0
    latency: float = 0.0
    crash_after: float = 0.0
    log_errors: float = 0.0
    talk_after: float = 0.0

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Misbehaviour":
        """Raises MisbehaviourError, which names the switch at fault."""
        given = _baked(environment.get("MISBEHAVE", "")) | {
            name.removeprefix("MISBEHAVE_"): value
            for name, value in environment.items()
            if name.startswith("MISBEHAVE_")
        }
        known = {field.name.upper() for field in fields(cls)}
        for name in given.keys() - known:
            near = difflib.get_close_matches(name, known, n=1) or sorted(known)
            raise MisbehaviourError(f"MISBEHAVE_{name}: no such switch; try {', '.join(near)}")
        values: dict[str, Any] = {
            name.lower(): _parse(name, text) for name, text in given.items() if text
        }
        return cls(**values)


def _baked(text: str) -> dict[str, str]:
    pairs = (item.partition("=") for item in text.split(",") if item.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _parse(name: str, text: str) -> bool | float:
    words = {"START": "fail", "READY": "never", "MIGRATION": "fail"}
    if word := words.get(name):
        if text != word:
            raise MisbehaviourError(f"MISBEHAVE_{name}: must be {word!r} or empty, not {text!r}")
        return True
    most = 1.0 if name == "ERROR_RATE" else 3600.0
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise MisbehaviourError(
            f"MISBEHAVE_{name}: must be a number from 0 to {most:g}, not {text!r}"
        )
    return value


class ErrorRate:
    """Spreads failures evenly: of any 100 requests at a rate of 0.03, 3 fail."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._requests = count(1)

    def strikes(self) -> bool:
        """True when the request that asks is one of those to fail. Safe to ask from any thread."""
        number = next(self._requests)
        return int(number * self._rate + 1e-9) > int((number - 1) * self._rate + 1e-9)


def begin(misbehaviour: Misbehaviour) -> None:
    """Start what a process does wrong by itself: refuse to start, crash later, log errors.

    Raises SystemExit for `START=fail`.
    """
    if misbehaviour.start:
        log.error("refuses to start", switch="MISBEHAVE_START")
        raise SystemExit(1)
    if misbehaviour.crash_after:
        _background(_crash, misbehaviour.crash_after)
    if misbehaviour.log_errors:
        _background(_log_errors, 1 / misbehaviour.log_errors)


def _background(work: Callable[[float], None], seconds: float) -> None:
    threading.Thread(target=work, args=(seconds,), daemon=True).start()


def _crash(seconds: float) -> None:
    time.sleep(seconds)
    log.error("crashes", switch="MISBEHAVE_CRASH_AFTER")
    os._exit(1)


def _log_errors(interval: float) -> None:
    while True:
        log.error("something is wrong", switch="MISBEHAVE_LOG_ERRORS")
        time.sleep(interval)
