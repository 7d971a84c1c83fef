"""Where an environment runs: its registry, its servers, and the proxy on each of them."""

from __future__ import annotations

from pydantic import Field

from slipway.settings.names import (
    Address,
    Host,
    HostKey,
    ImageReference,
    Network,
    RegistryAddress,
    SecretName,
    User,
)
from slipway.settings.quantity import Duration, Size
from slipway.settings.types import Model


class Registry(Model):
    """Where images are pushed to and pulled from."""

    address: RegistryAddress = Field(examples=["ghcr.io/acme"])
    """Host of the registry, with its port and path if any; an image is `ADDRESS/NAME:VERSION`."""
    username: str | None = Field(default=None, min_length=1, examples=["acme-bot"])
    """User of the registry; null: no login."""
    password: SecretName | None = Field(default=None, examples=["REGISTRY_PASSWORD"])
    """Name in `secrets` of the user's password or token; needed with `username`."""
    insecure: bool = Field(default=False, examples=[True])
    """Whether the registry speaks plain HTTP. Never use it over a shared network."""
    extra_tags: bool = Field(default=True, examples=[False])
    """Whether built images also get the tags `latest`, of their branch and of their commit; not
    possible where the registry's tags are immutable."""


class Server(Model):
    """A Linux server with sshd, Docker Engine 20.10 or newer and Python 3.9 or newer."""

    host: Host = Field(examples=["203.0.113.21"])
    """Host name or address that SSH connects to."""
    port: int = Field(default=22, ge=1, le=65535, examples=[2222])
    """Port of sshd, 1 to 65535."""
    user: User = Field(default="deploy", examples=["deploy"])
    """User to log in as: a member of the group `docker`; root is not needed."""
    host_key: HostKey = Field(default="", examples=["ssh-ed25519 AAAAC3Nza..."])
    """The server's public key. Without it, the key that the file `known_hosts` has for the host."""
    private_address: Address | None = Field(default=None, examples=["10.0.0.21"])
    """Address by which the other servers reach this one's accessories; null: they cannot reach
    them."""


class Proxy(Model):
    """HAProxy on each server: it receives all requests and shifts traffic between releases."""

    image: ImageReference = Field(default="haproxy:2.8", examples=["haproxy:2.8"])
    """HAProxy's image, 2.6 or newer, with a tag or a digest."""
    http_port: int = Field(default=80, ge=1, le=65535, examples=[8080])
    """Port of the server for HTTP, 1 to 65535."""
    network: Network = Field(default="172.31.240.0/24", examples=["172.31.240.0/24"])
    """Private IPv4 network of the containers on each server, used for nothing else."""
    drain: Duration = Field(default=30.0, ge=1, le=600, examples=["30s"])
    """Time that open connections (long requests, WebSockets) have to end when their release, or the
    proxy, is replaced; 1s to 10m."""
    https_port: int | None = Field(default=None, ge=1, le=65535, examples=[443])
    """Port for HTTPS, with HTTP/2, 1 to 65535; null: HTTP only. Needs `certificate`."""
    certificate: SecretName | None = Field(default=None, examples=["TLS_CERTIFICATE"])
    """Name in `secrets` of the certificate: in PEM, the certificate itself first, then its chain
    and its key without a passphrase."""
    renew_before: int = Field(default=14, ge=0, le=365, examples=[14])
    """Days before the certificate expires from which status and updates warn, 0 to 365."""
    redirect: bool = Field(default=True, examples=[False])
    """Whether HTTP is redirected (308) to `https_port`, where there is one."""
    hsts: int = Field(default=0, ge=0, le=63_072_000, examples=[31_536_000])
    """Seconds for which browsers must use HTTPS only (Strict-Transport-Security), up to 63072000
    (two years); 0: the header is not sent."""
    rate_limit: int = Field(default=0, ge=0, le=100_000, examples=[50])
    """Requests per second that one client (IPv4 address, IPv6 /64) may make on a server, counted
    over 10 s, up to 100000; requests above that get 429. 0: no limit."""
    body_limit: Size = Field(default=0, examples=["10M"])
    """Largest Content-Length of a request; larger requests get 413. 0: no limit. Bodies without a
    length (chunked) are not limited."""
    max_connections: int = Field(default=8192, ge=16, le=100_000, examples=[8192])
    """Connections that a server takes at the same time, 16 to 100000; more wait in the kernel's
    queue."""


class Preflight(Model):
    """What every server must have before a rollout begins."""

    disk_free: Size = Field(default=1 << 30, examples=["1G"])
    """Free disk space in Docker's data folder, in bytes unless a unit is given."""
    clock_skew: Duration = Field(default=5.0, ge=1, examples=["5s"])
    """Largest difference between the server's clock and the runner's, at least 1s."""
