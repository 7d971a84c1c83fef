"""How a release replaces another."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import Field

from slipway.settings.kind import Parsed
from slipway.settings.model import Model
from slipway.settings.quantity import Duration, parse_duration
from slipway.settings.watch import Watch

CENTURY: Final = 100 * 365 * 86_400.0  # seconds
_BATCH_RULE: Final = 'must be a number of servers from 1, or a percentage from "1%" to "100%"'


def parse_batch(value: object) -> int | str:
    """A number of servers, or a percentage of them as text; raises ValueError with the rule."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    if isinstance(value, str) and re.fullmatch(r"[1-9][0-9]?%|100%", value):
        return value
    raise ValueError(_BATCH_RULE)


Batch = Annotated[int | str, Parsed("number or percentage", str, parse_batch)]


UNTIL_NEXT: Final = "next"
_WEIGHTS_RULE: Final = "must be percentages that grow from at least 1 up to 100"
_WARM_RULE: Final = 'must be a duration, or "next": until the next release'


def parse_warm(value: object) -> float | str:
    """Seconds, or UNTIL_NEXT; raises ValueError with the rule."""
    if value == UNTIL_NEXT:
        return UNTIL_NEXT
    try:
        return parse_duration(value)
    except ValueError:
        raise ValueError(_WARM_RULE) from None


def parse_weights(value: object) -> tuple[int, ...]:
    """Percentages that grow up to 100; raises ValueError with the rule."""
    if not isinstance(value, (list, tuple)) or not value or value[-1] != 100:
        raise ValueError(_WEIGHTS_RULE)
    whole = all(isinstance(each, int) and not isinstance(each, bool) for each in value)
    if not whole or value[0] < 1 or any(a >= b for a, b in pairwise(value)):
        raise ValueError(_WEIGHTS_RULE)
    return tuple(value)


def write_weights(value: object) -> str:
    """As people write them; what is none of them, as it is."""
    return str(list(value) if isinstance(value, tuple) else value)


Weights = Annotated[tuple[int, ...], Parsed("growing percentages", write_weights, parse_weights)]
Warm = Annotated[float | str, Parsed("duration or next", str, parse_warm)]


class Canary(Model):
    """How a canary's share of the traffic grows."""

    weights: Weights = Field(default=(5, 25, 50, 100), examples=[[10, 100]])
    """Per cent of every server's requests that the new release gets, step by step up to 100."""
    hold: Duration = Field(default=300.0, examples=["5m"])
    """Time that each step but the last is watched and judged; the last is held for `bake`."""


class Rollout(Model):
    """How a release replaces another on the servers."""

    strategy: Literal["rolling", "blue-green", "canary"] = Field(
        default="rolling", examples=["canary"]
    )
    """`rolling`: one batch of servers after the other. `blue-green`: all servers at once, and the
    old release stays warm. `canary`: every server gives the new release a growing share."""
    batch: Batch = Field(default=1, examples=["50%"])
    """Servers that switch at once: a number, or a percentage of all, rounded down, at least one;
    only for `rolling`."""
    pause: Duration = Field(default=0.0, examples=["5s"])
    """Time between two batches; only for `rolling`."""
    bake: Duration = Field(default=30.0, examples=["30s"])
    """Time that a server watches the new containers once they have all its traffic; one that
    restarts, stops or turns unhealthy brings the old release back."""
    watch: Watch = Field(default=Watch(), examples=[{"error_rate": "0.5%"}])
    """What they are watched for during that time and in each step of a canary."""
    canary: Canary = Field(default=Canary(), examples=[{"weights": [10, 100], "hold": "2m"}])
    """Steps of the strategy `canary`."""
    warm: Warm | None = Field(default=None, examples=["1h"])
    """Time that the containers of the release before run on after a commit, so that a rollback
    needs to start none; `next`: until the next release. null: `next` for `blue-green`, none for
    the others."""
    lease: Duration = Field(default=600.0, ge=1, examples=["10m"])
    """Time after its last step that a server waits for word before it goes back to the old release
    by itself, at least 1s, beyond the times that the plan itself waits. Longer than the slowest
    server takes to pull an image."""
    retain: int = Field(default=5, ge=1, le=100, examples=[5])
    """Former releases whose images each server keeps, 1 to 100."""

    def batch_size(self, servers: int) -> int:
        """How many of `servers` switch at once, from 1 to all of them."""
        if isinstance(self.batch, str):
            return max(1, servers * int(self.batch.removesuffix("%")) // 100)
        return max(1, min(self.batch, servers))

    @property
    def warm_seconds(self) -> float:
        """How long the release before stays warm; a century until the next one."""
        warm = self.warm
        if warm is None:
            warm = UNTIL_NEXT if self.strategy == "blue-green" else 0.0
        return CENTURY if isinstance(warm, str) else warm
