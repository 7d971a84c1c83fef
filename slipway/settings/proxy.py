"""The proxy on each server."""

from __future__ import annotations

from pydantic import Field

from slipway.settings.model import Model
from slipway.settings.names import ImageReference, Network


class Proxy(Model):
    """HAProxy on each server: it takes the requests and shifts them from release to release."""

    image: ImageReference = Field(default="haproxy:2.8", examples=["haproxy:2.8"])
    """HAProxy's image, 2.6 or newer, with a tag or a digest."""
    http_port: int = Field(default=80, ge=1, le=65535, examples=[8080])
    """Port of the server that requests arrive at, 1 to 65535."""
    network: Network = Field(default="172.31.240.0/24", examples=["172.31.240.0/24"])
    """Private IPv4 network of the containers on each server, used for nothing else."""
