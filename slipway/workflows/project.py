"""The settings that workflows depend on, as a project's files give them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ConfigDict, ValidationError

from slipway.settings import SettingsError
from slipway.settings.application import Application
from slipway.settings.checks import workflows as checks
from slipway.settings.explain import explain
from slipway.settings.merge import merged
from slipway.settings.model import Model
from slipway.settings.registry import Registry
from slipway.settings.workflows import Workflows
from slipway.settings.workflows_project import Project


class Described(Model):
    """That part; the other keys are not looked at."""

    model_config = ConfigDict(extra="ignore")

    application: Application
    registry: Registry
    workflows: Workflows | None = None


def read(folder: Path, stack: str) -> Project:
    """What Pulumi.yaml and the stack's file in `folder` say; raises SettingsError with all faults.

    Neither a login nor a passphrase is needed, and nobody has to have made the stack.
    """
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    own = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text()) or {}
    prefix = f"{project['name']}:"
    shared = {key: _value(each) for key, each in (project.get("config") or {}).items()}
    values = {**shared, **(own.get("config") or {})}
    return described(stack, {key.removeprefix(prefix): each for key, each in values.items()})


def described(stack: str, values: Mapping[str, Any]) -> Project:
    """The part of a stack's configuration that counts here; raises SettingsError."""
    try:
        found = Described.model_validate_json(json.dumps(_overridden(values), default=str))
    except ValidationError as error:
        raise SettingsError(
            stack, (explain(each) for each in error.errors(include_url=False))
        ) from None
    if faults := tuple(checks.faults(found)):
        raise SettingsError(stack, faults)
    return found


def _overridden(values: Mapping[str, Any]) -> Mapping[str, Any]:
    application, overrides = values.get("application"), values.get("overrides")
    if isinstance(application, Mapping) and isinstance(overrides, Mapping):
        return {**values, "application": merged(application, overrides)}
    return values


def _value(entry: Any) -> Any:
    """A project's configuration holds values, or schemas with a value or a default."""
    if isinstance(entry, dict):
        return entry.get("value", entry.get("default"))
    return entry
