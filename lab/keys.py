"""The lab's keys, made once: one to log in with, and a host key for each server."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile

from lab import paths
from lab.command import run
from lab.layout import Server, all_servers


def ensure(servers: list[Server]) -> None:
    """Make the keys that are missing and pin every server's host key."""
    _generate(deploy_key(), "deploy@slipway-lab")
    for server in servers:
        folder = server_folder(server)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _generate(folder / "host_key", server.name)
        shutil.copyfile(deploy_key().with_suffix(".pub"), folder / "authorized_keys")
    known = {
        server: host_key(server) for server in all_servers() if _host_key_file(server).exists()
    }
    with NamedTemporaryFile("w", dir=paths.state(), delete=False) as partial:
        partial.write(known_hosts_text(known))
    Path(partial.name).replace(known_hosts())  # other processes may be reading or writing it


def deploy_key() -> Path:
    """The private key of `deploy` on every server; it has no passphrase."""
    return paths.state() / "deploy_key"


def known_hosts() -> Path:
    """The pinned host keys, in OpenSSH's format."""
    return paths.state() / "known_hosts"


def server_folder(server: Server) -> Path:
    """Mounted into a server's container at /lab: its host key and the authorized keys."""
    return paths.state() / "servers" / server.name


def host_key(server: Server) -> str:
    """A server's public host key as `ssh-ed25519 AAAA...`, the form that stack files pin."""
    return " ".join(_host_key_file(server).read_text().split()[:2])


def known_hosts_text(host_keys: dict[Server, str]) -> str:
    """One line a server: its address and its public host key."""
    return "".join(f"{server.address} {key}\n" for server, key in host_keys.items())


def forget() -> None:
    """Delete every key of the lab."""
    shutil.rmtree(paths.state() / "servers", ignore_errors=True)
    for file in (deploy_key(), deploy_key().with_suffix(".pub"), known_hosts()):
        file.unlink(missing_ok=True)


def _host_key_file(server: Server) -> Path:
    return server_folder(server) / "host_key.pub"


def _generate(file: Path, comment: str) -> None:
    # ssh-keygen writes the public half last, so a pair that has it is complete.
    if file.with_suffix(".pub").exists():
        return
    file.unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(file)], limit=30)
