"""What a new release is watched for while it is held."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from slipway.release import watch as target
from slipway.settings.model import Model
from slipway.settings.names import Pattern
from slipway.settings.quantity import Duration, Percentage


class Watch(Model):
    """What a new release is watched for once it has traffic; each breach brings the old one back.

    A container that restarts, stops or turns unhealthy is always a breach.
    """

    log_errors: Pattern | None = Field(
        default=target.LOG_ERRORS, examples=[r"\bERROR\b"], max_length=1000
    )
    """Regular expression (Python's) of the lines in its logs that are errors; null: none are."""
    log_error_limit: int = Field(default=0, ge=0, examples=[5])
    """How many such lines are put up with on each server, 0 or more."""
    error_rate: Percentage | None = Field(default=0.01, le=1, examples=["1%"])
    """Share of its requests that may fail (5xx, or no answer), up to 100%; null: no limit."""
    p95: Duration | None = Field(default=0.5, examples=["500ms"])
    """Time that 95 of 100 requests must not exceed; null: no limit. The default is for `canary`;
    with other strategies there is no limit but the one that is set."""
    cpu: Percentage | None = Field(default=0.8, le=1, examples=["80%"])
    """Share of its processor limit, or of the server's processors, that a container may use, up to
    100%; null: no limit; only for `canary`."""
    tolerance: Percentage = Field(default=0.5, le=10, examples=["50%"])
    """How much worse than the old release's its failures and its 95th percentile may be, beyond
    what chance explains, up to 1000%; only for `canary`."""
    min_requests: int = Field(default=100, ge=1, le=1_000_000, examples=[500])
    """Requests that a verdict needs, on each server and in each step, 1 to 1000000."""
    too_few: Literal["hold", "fail"] = Field(default="hold", examples=["fail"])
    """What fewer requests lead to. `hold`: the step is held on until there are enough, and fails at
    `hold_limit`. `fail`: it fails at once; only for `canary`."""
    hold_limit: Duration = Field(default=1800.0, examples=["30m"])
    """Time that a step may be held for in all; only for `canary`."""
