"""A stack's settings, as the program would read them."""

from __future__ import annotations

from slipway import settings
from slipway.stack import workspace


def settings_of(stack: str) -> settings.Settings:
    """Raises SlipwayError for settings that are wrong, or a stack that Pulumi does not know."""
    values = workspace.configuration(workspace.open_stack(stack))
    return settings.load(stack, values, workspace.program_folder())
