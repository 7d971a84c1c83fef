"""The proxy on each server."""

from __future__ import annotations

from pydantic import Field

from slipway.settings.model import Model
from slipway.settings.names import ImageReference, Network, SecretName
from slipway.settings.quantity import Duration, Size


class Proxy(Model):
    """HAProxy on each server: it takes the requests and shifts them from release to release."""

    image: ImageReference = Field(default="haproxy:2.8", examples=["haproxy:2.8"])
    """HAProxy's image, 2.6 or newer, with a tag or a digest."""
    http_port: int = Field(default=80, ge=1, le=65535, examples=[8080])
    """Port of the server that requests arrive at, 1 to 65535."""
    network: Network = Field(default="172.31.240.0/24", examples=["172.31.240.0/24"])
    """Private IPv4 network of the containers on each server, used for nothing else."""
    drain: Duration = Field(default=30.0, ge=1, le=600, examples=["30s"])
    """Time that open connections (long requests, WebSockets) get to end when the release that they
    are on, or the proxy, is replaced; 1s to 10m."""
    https_port: int | None = Field(default=None, ge=1, le=65535, examples=[443])
    """Port for HTTPS, with HTTP/2, 1 to 65535; null: HTTP only. Needs `certificate`."""
    certificate: SecretName | None = Field(default=None, examples=["TLS_CERTIFICATE"])
    """Name in `secrets` of the certificate: PEM, first its own, then the chain, and its key without
    a passphrase."""
    renew_before: int = Field(default=14, ge=0, le=365, examples=[14])
    """Days before the certificate's end from which on status and updates warn, 0 to 365."""
    redirect: bool = Field(default=True, examples=[False])
    """Whether HTTP is redirected (308) to `https_port`, where there is one."""
    hsts: int = Field(default=0, ge=0, le=63_072_000, examples=[31_536_000])
    """Seconds for which browsers shall use HTTPS only (Strict-Transport-Security), up to 63072000
    (two years); 0: not said."""
    rate_limit: int = Field(default=0, ge=0, le=100_000, examples=[50])
    """Requests per second that one client (IPv4 address, IPv6 /64) may make on a server, counted
    over 10 s, up to 100000; more get 429. 0: no limit."""
    body_limit: Size = Field(default=0, examples=["10M"])
    """Size that a request may announce in Content-Length; more get 413. 0: no limit. Bodies without
    a length (chunked) are not caught."""
    max_connections: int = Field(default=8192, ge=16, le=100_000, examples=[8192])
    """Connections that a server takes at the same time, 16 to 100000; more wait in the kernel's
    queue."""
