"""Settings from environment variables, read once at start."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shop.misbehaviour import Misbehaviour

# Each container has a /tmp of its own.
DEFAULT_HEARTBEAT = "/tmp/shop-worker.heartbeat"  # noqa: S108  # nosec B108


class SettingsError(ValueError):
    """An environment variable that can't be used; the message names it and what it takes."""


@dataclass(frozen=True)
class Settings:
    """What the processes need to know; README.md has the table of variables.

    `stop_grace` and `shipping` are seconds.
    """

    version: str
    release: str
    server: str
    database_url: str
    redis_url: str
    port: int
    stop_grace: float
    shipping: float
    access_log: bool
    heartbeat: Path
    misbehaviour: Misbehaviour

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises SettingsError or MisbehaviourError for a value that can't be used."""
        get = environment.get
        return cls(
            version=get("SHOP_VERSION", "dev"),
            release=get("SLIPWAY_RELEASE", ""),
            server=get("SLIPWAY_SERVER") or socket.gethostname(),
            database_url=get("DATABASE_URL", "postgresql://shop@postgres/shop"),
            redis_url=get("REDIS_URL", "redis://redis:6379/0"),
            port=int(_number(environment, "PORT", 8000, most=65535)),
            stop_grace=_number(environment, "STOP_GRACE", 20),
            shipping=_number(environment, "SHIPPING_SECONDS", 0.1),
            access_log=get("ACCESS_LOG", "") == "1",
            heartbeat=Path(get("HEARTBEAT_FILE") or DEFAULT_HEARTBEAT),
            misbehaviour=Misbehaviour.read(environment),
        )


def _number(
    environment: Mapping[str, str], name: str, default: float, most: float = 3600.0
) -> float:
    text = environment.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= most:
        raise SettingsError(f"{name}: must be a number from 0 to {most:g}, not {text!r}")
    return value
