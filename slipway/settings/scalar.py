"""Single values of any type, as JSON has them."""

from __future__ import annotations

import json
from typing import Annotated

from slipway.settings.kind import Parsed


def parse_scalar(value: object) -> object:
    """The value as it is; raises ValueError with the rule for a map or a list."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise ValueError("must be text, a number, true, false or null")


Scalar = Annotated[
    str | int | float | bool | None,
    Parsed("text, number, boolean or null", json.dumps, parse_scalar),
]
