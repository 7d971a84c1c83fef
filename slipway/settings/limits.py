"""What one container may use."""

from __future__ import annotations

from pydantic import Field

from slipway.settings.model import Model
from slipway.settings.quantity import Size


class Limits(Model):
    """What one container may use of its server."""

    memory: Size | None = Field(default=None, ge=6 << 20, examples=["256M"])
    """Memory, in bytes unless a unit is given, at least 6M (Docker's minimum); null: no limit."""
    cpus: float | None = Field(default=None, ge=0.01, le=1024, examples=[0.5])
    """Processors, 0.01 to 1024; null: no limit."""
