"""Servers' public keys from a file in OpenSSH's `known_hosts` format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from slipway.settings.errors import Fault
from slipway.settings.names import is_host_key

# By the beginning of the key's type. An RSA key comes last: pulumi-command cannot check one, which
# `checks/servers.py` says where a server has no other.
PREFERRED: Final = ("ssh-ed25519", "ecdsa-")
SSH_PORT: Final = 22
DEFAULT_FILE: Final = "known_hosts"


@dataclass(frozen=True)
class KnownHosts:
    """Public keys by host, as written in the file: `HOST`, or `[HOST]:PORT`."""

    keys: dict[str, tuple[str, ...]]
    faults: tuple[Fault, ...]

    def key_of(self, host: str, port: int = SSH_PORT) -> str | None:
        """The key to pin: Ed25519 before ECDSA before RSA; None if no key is known."""
        names = [f"[{host}]:{port}"] + ([host] if port == SSH_PORT else [])
        keys = [key for name in names for key in self.keys.get(name.lower(), ())]
        return min(keys, key=_rank, default=None)


def pinned(draft: Mapping[str, object], folder: Path) -> tuple[dict[str, object], list[Fault]]:
    """The unvalidated settings with the file's keys for servers that have none, and its faults."""
    hosts = _read(draft.get("known_hosts"), folder)
    servers = draft.get("servers")
    if not isinstance(servers, Mapping):
        return dict(draft), list(hosts.faults)
    with_keys = {name: _with_key(server, hosts) for name, server in servers.items()}
    return {**draft, "servers": with_keys}, list(hosts.faults)


def _with_key(server: object, hosts: KnownHosts) -> object:
    if not isinstance(server, Mapping) or "host_key" in server:
        return server
    key = hosts.key_of(str(server.get("host")), server.get("port", SSH_PORT))
    return {**server, "host_key": key} if key else server


def _read(given: object, folder: Path) -> KnownHosts:
    """The file that is given; without one, the default file if there is one."""
    name = given if isinstance(given, str) and given else DEFAULT_FILE
    file = folder / Path(name).expanduser()
    if given is None and not file.exists():
        return KnownHosts({}, ())
    try:
        return parse(file.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        remedy = "Write it with `ssh-keyscan -t ed25519 HOST`, or give each server a `host_key`."
        return KnownHosts({}, (Fault(("known_hosts",), f"cannot read {file}: {reason}", remedy),))


def parse(text: str, file: str) -> KnownHosts:
    """The hosts in `text`; lines that name no host or pin no key are faults."""
    keys: dict[str, tuple[str, ...]] = {}
    faults: list[Fault] = []
    for number, line in _entries(text):
        hosts, _, key = line.partition(" ")
        fault = _fault(hosts, key)
        if fault:
            faults.append(Fault(("known_hosts",), f"line {number} of {file} {fault[0]}", fault[1]))
            continue
        for host in hosts.lower().split(","):
            keys[host] = (*keys.get(host, ()), " ".join(key.split()[:2]))
    faults.extend(_contradictions(keys, file))
    return KnownHosts(keys, tuple(faults))


def _entries(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, " ".join(line.split())


def _fault(hosts: str, key: str) -> tuple[str, str] | None:
    if hosts.startswith("|"):
        return (
            "is hashed, so it names no server",
            "Write it anew with `ssh-keyscan -t ed25519 HOST`, which does not hash.",
        )
    if hosts.startswith("@") or set(hosts) & set("*?!"):
        return "is a marker or a pattern", "Give each server a line of its own: `HOST TYPE KEY`."
    if not is_host_key(key):
        return "has no public key", "A line is `HOST TYPE KEY`, as `ssh-keyscan` writes it."
    return None


def _contradictions(keys: dict[str, tuple[str, ...]], file: str) -> Iterator[Fault]:
    for host, known in keys.items():
        types = [key.split()[0] for key in set(known)]
        for kind in sorted({each for each in types if types.count(each) > 1}):
            yield Fault(
                ("known_hosts",),
                f"{file} has two different {kind} keys of {host}",
                "Compare their fingerprints with those on the server's console (`ssh-keygen -lf"
                " FILE`, for each `/etc/ssh/ssh_host_*_key.pub`) and delete the wrong one.",
            )


def _rank(key: str) -> int:
    return next(
        (rank for rank, kind in enumerate(PREFERRED) if key.startswith(kind)), len(PREFERRED)
    )
