"""Opens SSH connections: pinned host keys, the agent or a key, retries, a jump host."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, TypeVar

import asyncssh
from typing_extensions import override

from ..resource import CancelledCallError, PluginError, RefusedError
from ..values import Struct, is_secret, mark_secrets, plain, secret
from .interruption import interruption

_DEFAULTS: Final = {"port": 22, "user": "root", "dialErrorLimit": 10, "perDialTimeout": 15}
_SECRETS: Final = ("password", "privateKey", "privateKeyPassword")
_KNOWN: Final = frozenset({*_DEFAULTS, *_SECRETS, "host", "hostKey", "agentSocketPath", "proxy"})

# Delays between dials in seconds: the first, its growth, the longest. Ten retries take 11 s.
_FIRST_DELAY, _GROWTH, _LONGEST_DELAY = 0.1, 1.5, 5.0
# A dead connection is closed after 4 unanswered probes, 15 s apart.
_KEEPALIVE_SECONDS, _KEEPALIVE_COUNT = 15, 4

Credential = TypeVar("Credential")


def check_connection(connection: Any) -> Any:
    """The connection with defaults, it and its secrets marked secret; raises RefusedError."""
    if is_secret(connection):
        return check_connection(connection["value"])
    if faults := _faults(connection, "connection"):
        raise RefusedError({"connection": "; ".join(faults)})
    return secret(_completed(connection))


def _faults(connection: Any, path: str) -> list[str]:
    connection = plain(connection)
    if isinstance(connection, str):  # unknown until another resource exists
        return []
    if not isinstance(connection, dict):
        return [f"{path}: missing"]
    faults = [f"{path}.{key}: unknown property" for key in connection if key not in _KNOWN]
    if not connection.get("host"):
        faults.append(f"{path}.host: missing: the address to connect to")
    if connection.get("proxy"):
        faults += _faults(connection["proxy"], f"{path}.proxy")
    return faults


def _completed(connection: Any) -> Any:
    if is_secret(connection):
        return secret(_completed(connection["value"]))
    if isinstance(connection, str):
        return connection
    completed = {**_DEFAULTS, **mark_secrets(connection, _SECRETS)}
    if completed.get("proxy"):
        completed["proxy"] = _completed(completed["proxy"])
    return completed


@asynccontextmanager
async def dial(connection: Any) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A connection to the server, with `dialErrorLimit` more tries after the first failure.

    `connection` comes from `check_connection`. Its `perDialTimeout` (seconds, 0 = no limit) limits
    each try as a whole: TCP, key exchange, authentication. Raises PluginError with the last try's
    failure, and CancelledCallError instead of another try after an interruption.
    """
    async with AsyncExitStack() as stack:
        yield await _dial_until(plain(connection), stack)


async def _dial_until(settings: Struct, stack: AsyncExitStack) -> asyncssh.SSHClientConnection:
    limit, failures, delay = int(settings["dialErrorLimit"]), 0, _FIRST_DELAY
    while True:
        try:
            return await _dial_once(settings, stack)
        except _DialError as error:
            failures += 1
            if 0 <= limit < failures:
                raise PluginError(f"after {failures - 1} failed attempts: {error}") from error
        await _pause(delay)
        delay = min(delay * _GROWTH, _LONGEST_DELAY)


async def _pause(seconds: float) -> None:
    try:
        await asyncio.wait_for(interruption.wait(), seconds)
    except TimeoutError:
        return
    raise CancelledCallError("context canceled")


class _DialError(Exception):
    """A failed try, with the official plugin's message."""


async def _dial_once(settings: Struct, stack: AsyncExitStack) -> asyncssh.SSHClientConnection:
    tunnel = None
    if settings.get("proxy"):
        tunnel = await _connect(settings["proxy"], stack, None)
    return await _connect(settings, stack, tunnel)


async def _connect(
    settings: Struct, stack: AsyncExitStack, tunnel: asyncssh.SSHClientConnection | None
) -> asyncssh.SSHClientConnection:
    host, port = str(settings["host"]), int(settings["port"])
    pinned = _pinned(settings.get("hostKey"))
    login = _Login(pinned, await _keys(settings, stack), settings.get("password"))
    try:
        opening = asyncssh.connect(
            host,
            port,
            tunnel=tunnel or (),
            config=None,
            username=str(settings["user"]),
            client_factory=lambda: login,
            client_keys=None,
            agent_path=None,
            preferred_auth=_Login.METHODS,
            known_hosts=([pinned], [], []) if pinned else None,
            server_host_key_algs=[login.pinned] if login.pinned else (),
            connect_timeout=int(settings["perDialTimeout"]) or None,
            login_timeout=int(settings["perDialTimeout"]),
            keepalive_interval=_KEEPALIVE_SECONDS,
            keepalive_count_max=_KEEPALIVE_COUNT,
        )
        return await stack.enter_async_context(opening)
    except (OSError, asyncssh.Error) as error:
        raise _DialError(_describe(error, f"{host}:{port}", login)) from error


class _Login(asyncssh.SSHClient):
    """Tries each method that the server offers once, as Go's SSH library does.

    `attempted` are the methods tried so far, which the error of a rejected login names. `pinned` is
    the type of the pinned host key, the only one that is offered to the server.
    """

    METHODS: Final = ("publickey", "password", "keyboard-interactive")

    def __init__(
        self, pinned: asyncssh.SSHKey | None, keys: list[Any], password: str | None
    ) -> None:
        self.attempted = ["none"]
        self.pinned = pinned.get_algorithm() if pinned else None
        self._keys = keys or None
        self._password = password
        self._connection: asyncssh.SSHClientConnection | None = None

    @property
    def has_no_host_key(self) -> bool:
        """Whether an SSH server closed the connection because it has no host key of that type."""
        connection = self._connection
        return (
            connection is not None
            and connection.get_extra_info("server_version") is not None
            and connection.get_server_host_key() is None
        )

    @override
    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    @override
    def public_key_auth_requested(self) -> list[Any] | None:
        return self._once("publickey", self._keys)

    @override
    def password_auth_requested(self) -> str | None:
        return self._once("password", self._password)

    @override
    def kbdint_auth_requested(self) -> str | None:
        any_device = None if self._password is None else ""
        return self._once("keyboard-interactive", any_device)

    @override
    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Any
    ) -> list[str]:
        return [self._password or "" for _ in prompts]

    def _once(self, method: str, credential: Credential | None) -> Credential | None:
        if credential is None or method in self.attempted:
            return None
        self.attempted.append(method)
        return credential


def _pinned(host_key: str | None) -> asyncssh.SSHKey | None:
    """The key to trust; None trusts any key, as the official plugin does."""
    if not host_key:
        return None
    try:
        return asyncssh.import_public_key(host_key)
    except asyncssh.KeyImportError as error:
        raise PluginError(f"connection.hostKey: not a public key ({error})") from error


async def _keys(settings: Struct, stack: AsyncExitStack) -> list[Any]:
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


def _describe(error: Exception, address: str, login: _Login) -> str:
    hung_up = isinstance(error, (asyncssh.ConnectionLost, ConnectionError))
    if hung_up and login.pinned and login.has_no_host_key:
        return (
            "ssh: handshake failed: ssh: no common algorithm for host key; "
            f"we offered: [{login.pinned}]"
        )
    if isinstance(error, asyncssh.Error):
        return f"ssh: handshake failed: {_refusal(error, login)}"
    if isinstance(error, TimeoutError):
        return f"dial tcp {address}: i/o timeout"
    if isinstance(error, socket.gaierror):
        return f"dial tcp: lookup {address.rsplit(':', 1)[0]}: no such host"
    return f"dial tcp {address}: connect: {_reason(error)}"


def _refusal(error: asyncssh.Error, login: _Login) -> str:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return "ssh: host key mismatch"
    if isinstance(error, asyncssh.PermissionDenied):
        attempted = " ".join(login.attempted)
        return (
            f"ssh: unable to authenticate, attempted methods [{attempted}], "
            "no supported methods remain"
        )
    return error.reason or type(error).__name__


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number else str(error)
