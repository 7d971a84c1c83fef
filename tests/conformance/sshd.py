"""A real OpenSSH server on loopback, for the user who runs the tests."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import packages

START_SECONDS = 10
HOST_KEYS = ("ed25519", "ecdsa", "rsa")
CONFIGURATION = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/ed25519
HostKey {folder}/ecdsa
HostKey {folder}/rsa
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
SetEnv HOME={folder}
UsePAM no
PasswordAuthentication {passwords}
KbdInteractiveAuthentication no
AcceptEnv ACCEPTED PULUMI_COMMAND_*
MaxStartups 100
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class Sshd:
    """Where the server listens, its keys by type, one that nobody has, and its user's key."""

    port: int
    host_keys: dict[str, str]
    other_key: str
    private_key: str

    @property
    def host_key(self) -> str:
        """The server's Ed25519 key."""
        return self.host_keys["ed25519"]

    def connection(self, **changes: Any) -> dict[str, Any]:
        connection = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "hostKey": self.host_key,
            "privateKey": self.private_key,
            "dialErrorLimit": 0,
        }
        return {key: value for key, value in {**connection, **changes}.items() if value is not None}


@contextmanager
def running(folder: Path, passwords: bool = False) -> Iterator[Sshd]:
    for kind in HOST_KEYS:
        keygen(folder / kind, kind)
    for name in ("user", "other"):
        keygen(folder / name)
    port = free_port()
    (folder / "sshd_config").write_text(
        CONFIGURATION.format(port=port, folder=folder, passwords="yes" if passwords else "no")
    )
    # sshd refuses to start without this folder, which only a booted machine has.
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    process = subprocess.Popen(
        [_sshd(), "-D", "-f", folder / "sshd_config", "-E", folder / "sshd.log"],
        stdin=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port)
        yield Sshd(
            port,
            {kind: (folder / f"{kind}.pub").read_text().strip() for kind in HOST_KEYS},
            (folder / "other.pub").read_text().strip(),
            (folder / "user").read_text(),
        )
    finally:
        process.terminate()
        process.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nothing listens on {port} after {START_SECONDS} s"
            time.sleep(0.05)
        else:
            return


def require(program: str, package: str) -> str:
    """The program's path; as root its package is installed, without starting its service."""
    if not packages.locate(program):
        packages.install(package)
    path = packages.locate(program)
    assert path, f"{program} is missing: sudo apt-get install {package}"
    return path


def _sshd() -> str:
    return require("sshd", "openssh-server")


def keygen(path: Path, kind: str = "ed25519") -> None:
    keygen = shutil.which("ssh-keygen") or "ssh-keygen"
    subprocess.run(
        [keygen, "-q", "-t", kind, "-N", "", "-C", "", "-f", path], check=True, timeout=20
    )
