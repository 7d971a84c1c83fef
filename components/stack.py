"""The program's stack: its settings, its state, and how errors are shown."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from slipway import settings
from slipway.errors import SlipwayError
from slipway.settings.rewritten import rewritten

READ_LIMIT = 3.0  # seconds until a state that is being written must be complete
READ_PAUSE = 0.1  # seconds between two attempts to read it
ERROR_SHOWN = 32  # exit status by which Pulumi's language host knows that the error was shown
PROGRAM = Path(__file__).resolve().parent.parent  # relative paths in the settings start here


def load_settings() -> settings.Settings:
    """The settings in the project's namespace of the stack's configuration.

    Nothing else reads Pulumi's configuration. It needs all keys, which `pulumi.Config` cannot list,
    because an unknown key is an error.
    """
    prefix = f"{pulumi.get_project()}:"
    values = {
        key.removeprefix(prefix): value
        for key, value in CONFIG.get().items()
        if key.startswith(prefix)
    }
    file = Path(pulumi.get_root_directory() or ".") / f"Pulumi.{pulumi.get_stack()}.yaml"
    if fault := rewritten(file, f"{prefix}version", values.get("version")):
        raise settings.SettingsError(pulumi.get_stack(), [fault])
    encrypted = {key for key in values if is_config_secret(prefix + key)}
    return settings.load(pulumi.get_stack(), values, PROGRAM, encrypted)


def tell(warnings: Iterable[str], notes: Iterable[str]) -> None:
    """Show them in the preview and in the update."""
    for text in warnings:
        pulumi.log.warn(text)
    for text in notes:
        pulumi.log.info(text)


def outputs(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The outputs of a stack's resources, by the name of the resource."""
    return {urn.rpartition("::")[2]: each["outputs"] for urn, each in found.items()}


def resources(stack: str) -> dict[str, Any]:
    """The resources in the state of a stack after its last update, by URN; read-only.

    The file backend writes a state in place, that of this stack too while its update runs. A state
    that was read while it was written is read again. Raises SlipwayError when that does not help,
    and for a stack that does not exist or whose secrets cannot be decrypted.
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
            else "Check promote_from, and that its secrets have the same passphrase",
        ) from error
    found: dict[str, Any] = result.value["outputs"]
    return found


def _half_written(error: BaseException) -> bool:
    return "failed to load checkpoint" in str(error)


@contextmanager
def program() -> Iterator[None]:
    """Show an error that a person can correct as one line, and end the program.

    Not by raising RunError: Pulumi would add "an unhandled error occurred".
    """
    try:
        yield
    except SlipwayError as error:
        pulumi.log.error(str(error))
        sys.exit(ERROR_SHOWN)


@contextmanager
def plain_errors() -> Iterator[None]:
    """The same inside `apply`, which cannot end the program."""
    try:
        yield
    except SlipwayError as error:
        raise pulumi.RunError(str(error)) from None
