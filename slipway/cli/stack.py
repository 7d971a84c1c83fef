"""A stack's settings, as the program reads them."""

from __future__ import annotations

from slipway import settings
from slipway.stack import workspace


def settings_of(stack: str) -> settings.Settings:
    """Raises SlipwayError for wrong settings, or a stack that does not exist."""
    values = workspace.configuration(workspace.open_stack(stack))
    return settings.load(stack, values, workspace.program_folder())
