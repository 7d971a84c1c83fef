"""A stack's settings, as the program would read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from slipway import pulumi

if TYPE_CHECKING:
    from slipway.settings import Settings


def settings_of(stack: str) -> Settings:
    """Raises SlipwayError for settings that are wrong, or a stack that Pulumi does not know."""
    from slipway import settings  # 0.2 s, which a rollback needn't wait for

    prefix = f"{pulumi.project_name()}:"
    config = pulumi.ask("config", "--json", "--show-secrets", "--stack", stack)
    values = {
        key.removeprefix(prefix): entry.get("objectValue", entry.get("value"))
        for key, entry in config.items()
        if key.startswith(prefix)
    }
    return settings.load(stack, values, _program_folder())


def _program_folder() -> Path:
    """Where the program is, which relative paths in the settings begin at."""
    file = pulumi.project_file()
    return file.parent / (pulumi.read(file).get("main") or "")
