"""How a release replaces another, and which limits it must keep meanwhile."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import Field

from slipway.rollout import watch
from slipway.settings.names import Pattern
from slipway.settings.quantity import Duration, Percentage, parse_duration
from slipway.settings.types import Model, Parsed

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
    """Weights as a list; any other value unchanged."""
    return str(list(value) if isinstance(value, tuple) else value)


Weights = Annotated[tuple[int, ...], Parsed("growing percentages", write_weights, parse_weights)]
Warm = Annotated[float | str, Parsed("duration or next", str, parse_warm)]


class Watch(Model):
    """Limits for a new release once it has traffic; a breach rolls back to the old one.

    A container that restarts, stops or becomes unhealthy is always a breach.
    """

    log_errors: Pattern | None = Field(
        default=watch.LOG_ERRORS, examples=[r"\bERROR\b"], max_length=1000
    )
    """Regular expression (Python's) that matches the error lines in its logs; null: logs are not
    checked."""
    log_error_limit: int = Field(default=0, ge=0, examples=[5])
    """How many such lines are tolerated on each server, 0 or more."""
    error_rate: Percentage | None = Field(default=0.01, le=1, examples=["1%"])
    """Share of its requests that may fail (5xx, or no answer), up to 100%; null: no limit."""
    p95: Duration | None = Field(default=0.5, examples=["500ms"])
    """Limit of the 95th percentile of response times; null: no limit. The default is for `canary`;
    with other strategies there is no limit unless it is set here."""
    cpu: Percentage | None = Field(default=0.8, le=1, examples=["80%"])
    """Share of its processor limit, or of the server's processors, that a container may use, up to
    100%; null: no limit; only for `canary`."""
    tolerance: Percentage = Field(default=0.5, le=10, examples=["50%"])
    """How much worse than the old release's its error rate and 95th percentile may be, beyond
    statistical noise, up to 1000%; only for `canary`."""
    min_requests: int = Field(default=100, ge=1, le=1_000_000, examples=[500])
    """Requests that the analysis needs, on each server and in each step, 1 to 1000000."""
    too_few: Literal["hold", "fail"] = Field(default="hold", examples=["fail"])
    """What happens with fewer requests. `hold`: the step is extended until there are enough, and
    fails at `hold_limit`. `fail`: it fails at once; only for `canary`."""
    hold_limit: Duration = Field(default=1800.0, examples=["30m"])
    """Longest time of a step, extensions included; only for `canary`."""


class Canary(Model):
    """How the share of the traffic grows that a canary gets."""

    weights: Weights = Field(default=(5, 25, 50, 100), examples=[[10, 100]])
    """Per cent of every server's requests that the new release gets, step by step up to 100."""
    hold: Duration = Field(default=300.0, examples=["5m"])
    """Duration of each step but the last, in which it is watched and analysed; the last lasts for
    `bake`."""


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
    """Bake time: how long a server watches the new containers once they have all of its traffic. A
    container that restarts, stops or becomes unhealthy causes a rollback."""
    watch: Watch = Field(default=Watch(), examples=[{"error_rate": "0.5%"}])
    """Limits during the bake time and in each step of a canary."""
    canary: Canary = Field(default=Canary(), examples=[{"weights": [10, 100], "hold": "2m"}])
    """Steps of the strategy `canary`."""
    warm: Warm | None = Field(default=None, examples=["1h"])
    """Time that the containers of the previous release keep running after a commit, so that a
    rollback starts none; `next`: until the next release. null: `next` for `blue-green`, none for
    the others."""
    lease: Duration = Field(default=600.0, ge=1, examples=["10m"])
    """Time after its last step in which a server must get the next one, or else it rolls back by
    itself; at least 1s, in addition to the waits of the plan itself. Set it to more than the
    slowest server needs to pull an image."""
    retain: int = Field(default=5, ge=1, le=100, examples=[5])
    """Previous releases whose images each server keeps, 1 to 100."""

    def batch_size(self, servers: int) -> int:
        """How many of `servers` switch at once, from 1 to all of them."""
        if isinstance(self.batch, str):
            return max(1, servers * int(self.batch.removesuffix("%")) // 100)
        return max(1, min(self.batch, servers))

    @property
    def warm_seconds(self) -> float:
        """Seconds that the previous release stays warm; a century for `next`."""
        warm = self.warm
        if warm is None:
            warm = UNTIL_NEXT if self.strategy == "blue-green" else 0.0
        return CENTURY if isinstance(warm, str) else warm
