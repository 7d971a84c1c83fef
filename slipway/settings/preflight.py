"""What a server has to offer before a rollout begins."""

from __future__ import annotations

from pydantic import Field

from slipway.settings.model import Model
from slipway.settings.quantity import Duration, Size


class Preflight(Model):
    """What a server has to offer before a rollout begins."""

    disk_free: Size = Field(default=1 << 30, examples=["1G"])
    """Free disk space at Docker's data, in bytes unless a unit is given."""
    clock_skew: Duration = Field(default=5.0, ge=1, examples=["5s"])
    """Largest difference between the server's clock and the runner's, at least 1s."""
