"""How a release replaces another."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import Field

from slipway.settings.kind import Parsed
from slipway.settings.model import Model
from slipway.settings.quantity import Duration

_BATCH_RULE: Final = 'must be a number of servers from 1, or a percentage from "1%" to "100%"'


def parse_batch(value: object) -> int | str:
    """A number of servers, or a percentage of them as text; raises ValueError with the rule."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    if isinstance(value, str) and re.fullmatch(r"[1-9][0-9]?%|100%", value):
        return value
    raise ValueError(_BATCH_RULE)


Batch = Annotated[int | str, Parsed("number or percentage", str, parse_batch)]


class Rollout(Model):
    """How a release replaces another on the servers."""

    strategy: Literal["rolling"] = Field(default="rolling", examples=["rolling"])
    """`rolling`: one batch of servers after the other."""
    batch: Batch = Field(default=1, examples=["50%"])
    """Servers that switch at once: a number, or a percentage of all, rounded down, at least one."""
    pause: Duration = Field(default=0.0, examples=["5s"])
    """Time between two batches."""
    bake: Duration = Field(default=30.0, examples=["30s"])
    """Time that a server watches the new containers after its switch; one that restarts, stops or
    turns unhealthy brings the old release back."""
    lease: Duration = Field(default=600.0, ge=1, examples=["10m"])
    """Time after the last step that a server waits for word before it goes back to the old release
    by itself, at least 1s; longer than any single step."""
    retain: int = Field(default=5, ge=1, le=100, examples=[5])
    """Former releases whose images each server keeps, 1 to 100."""

    def batch_size(self, servers: int) -> int:
        """How many of `servers` switch at once, from 1 to all of them."""
        if isinstance(self.batch, str):
            return max(1, servers * int(self.batch.removesuffix("%")) // 100)
        return max(1, min(self.batch, servers))
