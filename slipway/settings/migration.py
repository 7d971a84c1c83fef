"""The command that brings the database up to a release."""

from __future__ import annotations

from pydantic import Field

from slipway.settings.model import Model
from slipway.settings.names import Label
from slipway.settings.quantity import Duration


class Migration(Model):
    """A command run once, in one container of a service's new image, before any traffic moves."""

    service: Label = Field(examples=["web"])
    """Service whose image, environment and secrets the command gets."""
    command: tuple[str, ...] = Field(min_length=1, examples=[["migrate"]])
    """Command or arguments given to the image's entry point."""
    timeout: Duration = Field(default=300.0, ge=1, examples=["5m"])
    """Time it may take, at least 1s; after it the rollout is aborted."""
