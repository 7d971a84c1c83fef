"""Opens SSH connections: pinned host keys, the agent or a key, retries, a jump host."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from ..resource import PluginError, RefusedError
from ..values import Struct, is_secret, mark_secrets, plain, secret

if TYPE_CHECKING:
    import asyncssh

_DEFAULTS: Final = {"port": 22, "user": "root", "dialErrorLimit": 10, "perDialTimeout": 15}
_SECRETS: Final = ("password", "privateKey", "privateKeyPassword")
# As Go's SSH library, in this order, whichever key is pinned.
_HOST_KEYS: Final = (
    *("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    *("rsa-sha2-256", "rsa-sha2-512", "ssh-ed25519"),
)
_KNOWN: Final = frozenset({*_DEFAULTS, *_SECRETS, "host", "hostKey", "agentSocketPath", "proxy"})

# Delays between dials in seconds: the first, its growth, the longest. Ten retries take 11 s.
_FIRST_DELAY, _GROWTH, _LONGEST_DELAY = 0.1, 1.5, 5.0
# A connection that died without a word is given up after 4 unanswered probes, 15 s apart.
_KEEPALIVE_SECONDS, _KEEPALIVE_COUNT = 15, 4

interruption: Final = asyncio.Event()
"""Set when the user interrupts: no further dial is tried, what already runs goes on."""


def check_connection(connection: Any) -> Any:
    """The connection with defaults, and with its secrets marked; raises RefusedError."""
    if is_secret(connection):
        return secret(check_connection(connection["value"]))
    if not isinstance(connection, dict):  # unknown until another resource exists
        return connection
    _refuse_unknown(connection, "connection")
    checked = {**_DEFAULTS, **mark_secrets(connection, _SECRETS)}
    if isinstance(plain(checked.get("proxy")), dict):
        _refuse_unknown(plain(checked["proxy"]), "connection.proxy")
        checked["proxy"] = mark_secrets(checked["proxy"], _SECRETS)
    return checked


def _refuse_unknown(connection: Struct, path: str) -> None:
    faults = {f"{path}.{key}": "unknown property" for key in connection if key not in _KNOWN}
    if not connection.get("host"):
        faults[f"{path}.host"] = "missing: the address to connect to"
    if faults:
        raise RefusedError(faults)


@asynccontextmanager
async def dial(connection: Any) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A connection to the server, tried `dialErrorLimit` times more after the first failure.

    `perDialTimeout` (seconds, 0 = no limit) bounds each try as a whole: TCP, key exchange,
    authentication. Raises PluginError with the last try's failure.
    """
    settings = {**_DEFAULTS, **plain(connection)}
    async with AsyncExitStack() as stack:
        yield await _dial_until(settings, stack)


async def _dial_until(settings: Struct, stack: AsyncExitStack) -> asyncssh.SSHClientConnection:
    limit, failures, delay = int(settings["dialErrorLimit"]), 0, _FIRST_DELAY
    while True:
        try:
            return await _dial_once(settings, stack)
        except _DialError as error:
            failures += 1
            if 0 <= limit < failures or interruption.is_set():
                raise PluginError(f"after {failures - 1} failed attempts: {error}") from error
        await _pause(delay)
        delay = min(delay * _GROWTH, _LONGEST_DELAY)


async def _pause(seconds: float) -> None:
    try:
        await asyncio.wait_for(interruption.wait(), seconds)
    except TimeoutError:
        return


class _DialError(Exception):
    """One try that failed, in the words of the official plugin."""


async def _dial_once(settings: Struct, stack: AsyncExitStack) -> asyncssh.SSHClientConnection:
    tunnel = None
    if settings.get("proxy"):
        tunnel = await _connect({**_DEFAULTS, **settings["proxy"]}, stack, None)
    return await _connect(settings, stack, tunnel)


async def _connect(
    settings: Struct, stack: AsyncExitStack, tunnel: asyncssh.SSHClientConnection | None
) -> asyncssh.SSHClientConnection:
    import asyncssh

    host, port = str(settings["host"]), int(settings["port"])
    keys = await _keys(settings, stack)
    try:
        opening = asyncssh.connect(
            host,
            port,
            tunnel=tunnel or (),
            config=None,
            username=str(settings["user"]),
            password=settings.get("password"),
            client_keys=keys or None,
            agent_path=None,
            known_hosts=_known_hosts(settings.get("hostKey")),
            server_host_key_algs=_HOST_KEYS,
            connect_timeout=int(settings["perDialTimeout"]) or None,
            login_timeout=int(settings["perDialTimeout"]),
            keepalive_interval=_KEEPALIVE_SECONDS,
            keepalive_count_max=_KEEPALIVE_COUNT,
        )
        return await stack.enter_async_context(opening)
    except (OSError, asyncssh.Error) as error:
        raise _DialError(_describe(error, f"{host}:{port}")) from error


def _known_hosts(host_key: str | None) -> Any:
    """Trusts the one pinned key; None trusts any, as the official plugin does without one."""
    import asyncssh

    if not host_key:
        return None
    try:
        return [asyncssh.import_public_key(host_key)], [], []
    except asyncssh.KeyImportError as error:
        raise PluginError(f"connection.hostKey: not a public key ({error})") from error


async def _keys(settings: Struct, stack: AsyncExitStack) -> list[Any]:
    import asyncssh

    keys: list[Any] = []
    if settings.get("privateKey"):
        try:
            passphrase = settings.get("privateKeyPassword")
            keys.append(asyncssh.import_private_key(settings["privateKey"], passphrase))
        except asyncssh.KeyImportError as error:
            raise PluginError(f"connection.privateKey: {error}") from error
    path = settings.get("agentSocketPath") or os.environ.get("SSH_AUTH_SOCK")
    if path:
        try:
            agent = await stack.enter_async_context(asyncssh.connect_agent(path))
        except OSError as error:
            raise PluginError(f"dial unix {path}: connect: {_reason(error)}") from error
        keys += await agent.get_keys()
    return keys


def _describe(error: Exception, address: str) -> str:
    import asyncssh

    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return "ssh: handshake failed: ssh: host key mismatch"
    if isinstance(error, asyncssh.PermissionDenied):
        return (
            "ssh: handshake failed: ssh: unable to authenticate, "
            "attempted methods [none publickey], no supported methods remain"
        )
    if isinstance(error, asyncssh.Error):
        return f"ssh: handshake failed: {error.reason or type(error).__name__}"
    if isinstance(error, TimeoutError):
        return f"dial tcp {address}: i/o timeout"
    if isinstance(error, socket.gaierror):
        return f"dial tcp: lookup {address.rsplit(':', 1)[0]}: no such host"
    return f"dial tcp {address}: connect: {_reason(error)}"


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number else str(error)
