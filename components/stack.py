"""The stack that the program runs for: its settings, its state, and how its errors are shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from slipway import settings
from slipway.errors import SlipwayError

READ_LIMIT = 3.0  # seconds until a state that is being written must be whole
READ_PAUSE = 0.1  # seconds between two readings of it
TOLD = 32  # exit status of a program that has told its error, as Pulumi's language host knows it
PROGRAM = Path(__file__).resolve().parent.parent  # relative paths in the settings begin here


def load_settings() -> settings.Settings:
    """The settings in the project's namespace of the stack's configuration.

    The one place that touches Pulumi's configuration. It takes all keys at once, which
    `pulumi.Config` cannot, because an unknown key is an error.
    """
    prefix = f"{pulumi.get_project()}:"
    values = {
        key.removeprefix(prefix): value
        for key, value in CONFIG.get().items()
        if key.startswith(prefix)
    }
    encrypted = {key for key in values if is_config_secret(prefix + key)}
    return settings.load(pulumi.get_stack(), values, PROGRAM, encrypted)


def outputs(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """What each of a stack's resources put out, by its name."""
    return {urn.rpartition("::")[2]: each["outputs"] for urn, each in found.items()}


def resources(stack: str) -> dict[str, Any]:
    """What the state of a stack holds, by URN, as its last update left it; read-only.

    The file backend writes a state in place, this stack's too while its own update runs: who reads
    in that moment gets half of it, and asks again. Raises SlipwayError when that does not help, and
    for a stack that is not there or whose secrets cannot be decrypted.
    """
    project = f"{pulumi.get_organization()}/{pulumi.get_project()}/"
    name = stack if "/" in stack else project + stack
    reading = Retrying(
        retry=retry_if_exception(_half_written),
        wait=wait_fixed(READ_PAUSE),
        stop=stop_after_delay(READ_LIMIT),
        reraise=True,
    )
    try:
        result = reading(
            pulumi.runtime.invoke,
            "pulumi:pulumi:readStackResourceOutputs",
            {"stackName": name},
        )
    except Exception as error:  # the SDK raises nothing narrower
        raise SlipwayError(
            f"its state cannot be read: {str(error).strip()}",
            where=f"stack {name}",
            remedy="Try again; see `pulumi stack`"
            if _half_written(error)
            else "Check promote_from, and that its secrets open with the same passphrase",
        ) from error
    found: dict[str, Any] = result.value["outputs"]
    return found


def _half_written(error: BaseException) -> bool:
    return "failed to load checkpoint" in str(error)


@contextmanager
def program() -> Iterator[None]:
    """The whole program; an error that a person can correct ends it, shown once, as one line.

    Pulumi adds "an unhandled error occurred" to an exception of its own kind, RunError.
    """
    try:
        yield
    except SlipwayError as error:
        pulumi.log.error(str(error))
        sys.exit(TOLD)


@contextmanager
def plain_errors() -> Iterator[None]:
    """The same inside an `apply`, which cannot end the program."""
    try:
        yield
    except SlipwayError as error:
        raise pulumi.RunError(str(error)) from None
