"""Smoke tests: what must work in a release, seen from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from slipway.settings.model import Model
from slipway.settings.names import Label, UrlPath
from slipway.settings.quantity import Duration
from slipway.settings.scalar import Scalar


class Smoke(Model):
    """A request through the proxy that must be answered well.

    It is made on every server twice: to the new release before users get it, and once it has all
    the traffic. One that fails brings the old release back.
    """

    service: Label = Field(examples=["web"])
    """Name of a service with a port; the request names its first domain."""
    path: UrlPath = Field(default="/", examples=["/docs"])
    """Path, and query if any."""
    method: Literal["GET", "HEAD", "OPTIONS", "POST"] = Field(default="GET", examples=["POST"])
    """Method; `POST` is sent without a body."""
    status: int = Field(default=200, ge=100, le=599, examples=[401])
    """Status that the answer must have, 100 to 599."""
    body: str = Field(default="", examples=["<title>Shop</title>"])
    """Text that the answer must contain."""
    expect: Mapping[str, Scalar] = Field(default={}, examples=[{"openapi": "3.1.0"}])
    """Values that the answer, as JSON, must have at dotted paths."""
    timeout: Duration = Field(default=5.0, ge=0.1, le=300, examples=["5s"])
    """Time for one try, 100ms to 5m."""
    retries: int = Field(default=2, ge=0, le=20, examples=[0])
    """Further tries of a test that fails, a second apart, 0 to 20."""
