"""The settings that workflows depend on, read from the project's files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, ValidationError

from slipway import go_yaml
from slipway.settings import SettingsError
from slipway.settings.application import Application
from slipway.settings.checks import workflows as checks
from slipway.settings.environment import Registry
from slipway.settings.errors import explain
from slipway.settings.overrides import with_overrides
from slipway.settings.types import Model
from slipway.settings.workflows import Project, Workflows


class ProjectFiles(Model):
    """The settings that workflows depend on; other keys are ignored."""

    model_config = ConfigDict(extra="ignore")

    application: Application
    registry: Registry
    workflows: Workflows | None = None


def read(folder: Path, stack: str) -> Project:
    """The settings in Pulumi.yaml and the stack's file in `folder`.

    Needs neither a login nor a passphrase, and the stack need not exist. Raises SettingsError with
    all faults.
    """
    project = go_yaml.load((folder / "Pulumi.yaml").read_text())
    own = go_yaml.load((folder / f"Pulumi.{stack}.yaml").read_text()) or {}
    prefix = f"{project['name']}:"
    shared = {key: _value(each) for key, each in (project.get("config") or {}).items()}
    values = {**shared, **(own.get("config") or {})}
    return described(stack, {key.removeprefix(prefix): each for key, each in values.items()})


def described(stack: str, values: Mapping[str, Any]) -> Project:
    """The settings in a stack's configuration; raises SettingsError with all faults."""
    try:
        found = ProjectFiles.model_validate_json(json.dumps(with_overrides(values), default=str))
    except ValidationError as error:
        raise SettingsError(
            stack, (explain(each) for each in error.errors(include_url=False))
        ) from None
    if faults := tuple(checks.faults(found)):
        raise SettingsError(stack, faults)
    return found


def _value(entry: Any) -> Any:
    """The value of a project's configuration key: plain, or a schema with a value or a default."""
    if isinstance(entry, dict):
        return entry.get("value", entry.get("default"))
    return entry
