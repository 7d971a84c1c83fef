"""What all models of settings have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen model of JSON values: nothing is converted silently, nothing unknown is accepted.

    The docstring under a field and its examples are the reference page, the examples also the
    remedy in errors.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,
    )
