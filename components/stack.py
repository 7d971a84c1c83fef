"""The stack that the program runs for: its settings, its state, and how its errors are shown."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from slipway import settings
from slipway.errors import SlipwayError
from slipway.record import Releases, read

READS = 30
READ_PAUSE = 0.1  # seconds
TOLD = 32  # exit status of a program that has told its error, as Pulumi's language host knows it
DEBUG = "SLIPWAY_DEBUG"  # variable that lets the SDK's own messages through to `pulumi up --debug`
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


def releases_run(stack: str, application: str) -> Releases:
    """What a stack has run, by its own record; empty for a stack without one.

    `stack` is one of this project, or ORGANIZATION/PROJECT/STACK.
    """
    return read(resources(stack), application)


def resources(stack: str) -> dict[str, Any]:
    """What the state of a stack holds, by URN, as its last update left it; read-only.

    The file backend writes a state in place, this stack's too while its own update runs: who reads
    in that moment gets half of it, and asks again. Raises SlipwayError when that does not help, and
    for a stack that is not there or whose secrets cannot be decrypted.
    """
    project = f"{pulumi.get_organization()}/{pulumi.get_project()}/"
    name = stack if "/" in stack else project + stack
    for _ in range(READS):
        try:
            result = pulumi.runtime.invoke(
                "pulumi:pulumi:readStackResourceOutputs", {"stackName": name}
            )
        except Exception as error:  # the SDK raises nothing narrower
            if "failed to load checkpoint" not in str(error):
                raise SlipwayError(
                    f"its state cannot be read: {str(error).strip()}",
                    where=f"stack {name}",
                    remedy="Check promote_from, and that its secrets open with the same passphrase",
                ) from error
            time.sleep(READ_PAUSE)
        else:
            found: dict[str, Any] = result.value["outputs"]
            return found
    raise SlipwayError(
        "its state cannot be read", where=f"stack {name}", remedy="Try again; see `pulumi stack`"
    )


@contextmanager
def program() -> Iterator[None]:
    """The whole program: what a person can mend is told once, without a traceback, and ends it.

    Pulumi adds "an unhandled error occurred" to an exception of its own kind, RunError.
    """
    if DEBUG not in os.environ:
        pulumi.log.debug = _unheard
    try:
        yield
    except SlipwayError as error:
        pulumi.log.error(str(error))
        sys.exit(TOLD)


def _unheard(*_: object, **__: object) -> None:
    """In place of the SDK's messages about each of its steps, five for each resource.

    For each the SDK waits until the engine has taken it, which drops it: 0.1 s of a preview with
    40 resources, and as much of the engine's processor.
    """


@contextmanager
def plain_errors() -> Iterator[None]:
    """The same inside an `apply`, which cannot end the program."""
    try:
        yield
    except SlipwayError as error:
        raise pulumi.RunError(str(error)) from None
