"""The servers of an environment."""

from __future__ import annotations

from pydantic import Field

from slipway.settings.model import Model
from slipway.settings.names import Address, Host, HostKey, User


class Server(Model):
    """A Linux server with sshd, Docker Engine 20.10 or newer and Python 3.9 or newer."""

    host: Host = Field(examples=["203.0.113.21"])
    """Host name or address that SSH connects to."""
    port: int = Field(default=22, ge=1, le=65535, examples=[2222])
    """Port of sshd, 1 to 65535."""
    user: User = Field(default="deploy", examples=["deploy"])
    """User to log in as; needs no root, but the group `docker`."""
    host_key: HostKey = Field(default="", examples=["ssh-ed25519 AAAAC3Nza..."])
    """The server's public key. Without it, the key that the file `known_hosts` has for the host."""
    private_address: Address | None = Field(default=None, examples=["10.0.0.21"])
    """Address by which the other servers reach this one's accessories; null: they can't."""
