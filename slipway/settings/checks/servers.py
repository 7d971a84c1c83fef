"""What servers have to offer to be trusted, to be told apart, and to reach each other."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import chain
from typing import Final

from slipway.rollout.state import addresses
from slipway.settings.environment import Server
from slipway.settings.errors import Fault
from slipway.settings.names import is_address
from slipway.settings.settings import Settings

PRIVATE: Final = tuple(
    ipaddress.IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
RELEASES: Final = 3  # side by side at most: the candidate, the serving one and the previous one


def faults(settings: Settings) -> Iterator[Fault]:
    """Faults of servers, their network and the accessories placed on them."""
    return chain(_keys(settings), _twins(settings), _accessories(settings), _network(settings))


def _keys(settings: Settings) -> Iterator[Fault]:
    for name, server in settings.servers.items():
        if not server.host_key:
            yield Fault(
                ("servers", name),
                f"has no `host_key`, and {settings.known_hosts} has none of {_written(server)}",
                f"{_how_to_read_the_key(server)}, and add the line to {settings.known_hosts}.",
            )
        elif server.host_key.startswith("ssh-rsa "):
            yield Fault(
                ("servers", name),
                "is pinned by an RSA key, which pulumi-command cannot check: it asks the server "
                "to sign with `ssh-rsa`, and current sshd does not",
                f"{_how_to_read_the_key(server)}, and pin that key instead.",
            )


def _written(server: Server) -> str:
    return server.host if server.port == 22 else f"[{server.host}]:{server.port}"


def _how_to_read_the_key(server: Server) -> str:
    port = "" if server.port == 22 else f"-p {server.port} "
    return (
        f"Run `ssh-keyscan -t ed25519 {port}{server.host}`, compare its fingerprint "
        "(`ssh-keygen -lf -`) with the one that the server's console shows "
        "(`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`)"
    )


def _twins(settings: Settings) -> Iterator[Fault]:
    owners: dict[tuple[str, int], str] = {}
    for name, server in settings.servers.items():
        first = owners.setdefault((server.host.lower(), server.port), name)
        if first != name:
            what = f"{server.host} port {server.port} is already server `{first}`"
            yield Fault(("servers", name, "host"), what, "Remove one of them.")


def _accessories(settings: Settings) -> Iterator[Fault]:
    """With several servers an accessory's port is published on its server's private address."""
    if len(settings.servers) < 2:
        return
    ports: dict[tuple[str, int], str] = {}
    unreachable: set[str] = set()
    for name, accessory in settings.application.accessories.items():
        at = settings.server_of(name)
        if accessory.port is None or at not in settings.servers:
            continue
        path = ("application", "accessories", name, "port")
        first = ports.setdefault((at, accessory.port), name)
        if first != name:
            what = f"{accessory.port} is already the port of `{first}` on `{at}`"
            yield Fault(path, what, "Choose another port or server.")
        for key in ("http_port", "https_port"):
            if accessory.port == getattr(settings.proxy, key):
                what = f"{accessory.port} is already the proxy's port on `{at}`"
                yield Fault(path, what, f"Choose another port, or another `proxy/{key}`.")
        if settings.servers[at].private_address is None and at not in unreachable:
            unreachable.add(at)
            what = f"is required, because the other servers must reach accessory `{name}`"
            remedy = "Give its address in the servers' private network, not a public one."
            yield Fault(("servers", at, "private_address"), what, remedy)


def _network(settings: Settings) -> Iterator[Fault]:
    network, at = ipaddress.IPv4Network(settings.proxy.network), ("proxy", "network")
    if not any(network.subnet_of(each) for each in PRIVATE):
        remedy = "Take one within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
        yield Fault(at, f"{network} is not private", remedy)
    application = settings.application
    replicas = sum(service.replicas for service in application.services.values())
    tasks = bool(application.migration or application.setup)
    needed = (RELEASES * replicas, len(application.accessories) + tasks)
    if not _enough(network, needed):
        room = addresses(str(network))
        lengths = range(network.prefixlen, 7, -1)
        longest = next(n for n in lengths if _enough(ipaddress.IPv4Network((0, n)), needed))
        what = (
            f"{network} has {room[0]} addresses for services and {room[1]} for accessories, but"
            f" {needed[0]} and {needed[1]} are needed: {RELEASES} releases can be there at once"
        )
        yield Fault(at, what, f"Use a network of length /{longest} or shorter.")
    for name, server in settings.servers.items():
        for key, address in (("host", server.host), ("private_address", server.private_address)):
            if address and is_address(address) and ipaddress.ip_address(address) in network:
                what = f"{address} is in the containers' network {network}"
                remedy = "Choose a `proxy/network` that the servers do not use."
                yield Fault(("servers", name, key), what, remedy)


def _enough(network: ipaddress.IPv4Network, needed: tuple[int, int]) -> bool:
    return all(has >= needs for has, needs in zip(addresses(str(network)), needed, strict=True))
