"""Run a command on many servers concurrently, over OpenSSH with pinned host keys."""

from __future__ import annotations

import shlex
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway import process
from slipway.errors import SlipwayError

CONNECT_TIMEOUT = 10  # seconds for TCP and the SSH handshake together
PARALLEL_SESSIONS = 64  # an SSH client takes about 8 MB: half a gigabyte in total
SSH_FAILED = 255  # OpenSSH's own exit status, as opposed to the remote command's

# What OpenSSH prints, what it means, and what to do about it.
_REASONS = (
    (
        "Host key verification failed",
        "its host key is not the pinned one",
        "If it was rebuilt, compare the fingerprint on its console and pin the new key",
    ),
    (
        "Permission denied",
        "it rejects the SSH key",
        "Load the deploy key into the SSH agent (ssh-add -l lists what is loaded)",
    ),
    (
        "Connection refused",
        "the connection to its SSH port was refused",
        "Start sshd, or correct the host and the port",
    ),
    (
        "Could not resolve",
        "its name does not resolve",
        "Correct the host in the stack file",
    ),
)


@dataclass(frozen=True)
class Host:
    """The address of a server, and its pinned host key."""

    name: str
    address: str
    host_key: str
    user: str = "deploy"
    port: int = 22


@dataclass(frozen=True)
class Answer:
    """The result of a command on one server."""

    code: int
    stdout: str
    stderr: str
    sent: float = 0.0  # when the command was sent: seconds since the epoch, by this machine's clock
    arrived: float = 0.0  # when its answer was complete

    @property
    def ok(self) -> bool:
        """Whether the server was reached and the command exited 0."""
        return self.code == 0


def ask(
    hosts: Sequence[Host],
    command: str,
    *,
    stdin: Mapping[str, str] | None = None,
    timeout: float = 30.0,
) -> dict[str, Answer]:
    """Run one shell command on every host concurrently and return the answers by host name.

    `stdin` has each command's standard input, by host name; `timeout` is in seconds and limits each
    session as a whole. A host that cannot be reached answers with code 255: the caller decides
    whether that is an error (`unreachable` has the reason). Raises SlipwayError only when this
    machine has no `ssh`.
    """
    given = stdin or {}
    with _known_hosts(hosts) as known, ThreadPoolExecutor(PARALLEL_SESSIONS) as pool:
        sessions = {
            host.name: pool.submit(
                _session, host, command, given.get(host.name, ""), known, timeout
            )
            for host in hosts
        }
        return {name: session.result() for name, session in sessions.items()}


def unreachable(host: Host, answer: Answer) -> SlipwayError:
    """The error for a host that did not answer, with OpenSSH's reason."""
    where = f"servers/{host.name} ({host.user}@{host.address}:{host.port})"
    for sign, reason, remedy in _REASONS:
        if sign in answer.stderr:
            return SlipwayError(reason, where=where, remedy=remedy)
    lines = answer.stderr.strip().splitlines()
    detail = f": {lines[-1]}" if lines else ""
    return SlipwayError(
        f"it cannot be reached{detail}",
        where=where,
        remedy=f"Check that `ssh -p {host.port} {host.user}@{host.address}` works from here",
    )


def arguments(host: Host, command: str, known_hosts: Path) -> list[str]:
    """The OpenSSH command line for one session; it uses no configuration files."""
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": str(CONNECT_TIMEOUT),
        "GlobalKnownHostsFile": "/dev/null",
        "LogLevel": "ERROR",
        "ServerAliveInterval": "5",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(known_hosts),
    }
    flags = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    return [
        "ssh",
        "-F",
        "/dev/null",
        *flags,
        "-p",
        str(host.port),
        f"{host.user}@{host.address}",
        "--",
        command,
    ]


def known_hosts_line(host: Host) -> str:
    """The host's line in OpenSSH's known_hosts format."""
    name = host.address if host.port == 22 else f"[{host.address}]:{host.port}"
    return f"{name} {host.host_key}"


def _session(host: Host, command: str, stdin: str, known_hosts: Path, timeout: float) -> Answer:
    sent = time.time()
    try:
        done = process.run(
            arguments(host, command, known_hosts),
            limit=timeout,
            stdin=stdin,
            remedy="Install OpenSSH's client (openssh-client)",
        )
    except process.TimeLimitError:
        return Answer(
            SSH_FAILED, "", f"no answer within {timeout:g} s to {shlex.quote(command)[:80]}"
        )
    return Answer(done.returncode, done.stdout, done.stderr, sent, time.time())


@contextmanager
def _known_hosts(hosts: Sequence[Host]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        path = Path(folder) / "known_hosts"
        path.write_text("".join(f"{known_hosts_line(host)}\n" for host in hosts))
        yield path
