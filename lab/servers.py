"""The lab's servers: containers with an sshd and a Docker Engine of their own."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from shlex import quote
from typing import Any, Final

import httpx

from lab import command as program
from lab import images, keys, layers, waiting
from lab.engine import NESTED, docker
from lab.layout import LABEL, NETWORK, USER, Server
from slipway.errors import SlipwayError
from slipway.web import WITHOUT_TLS

__all__ = ["Server"]

READY_LIMIT: Final = 60.0  # seconds
COMMAND_LIMIT: Final = 60.0  # seconds

SSH_PORT: Final = 22
# Of an engine that has no socket yet, the client need not be started to find out.
ANSWERS: Final = "[ -S /run/docker.sock ] && docker version --format '{{.Server.Version}}'"

# A cut cable: what is sent is lost, nothing is refused.
CUT: Final = (("raw", "PREROUTING", "-i", "eth0"), ("raw", "OUTPUT", "-o", "eth0"))


def create_arguments(server: Server) -> list[str]:
    """The arguments of `docker run` for a server, without the label that says how it was made."""
    return [
        *("run", "--detach", "--name", server.container, "--hostname", server.name),
        *("--network", NETWORK, "--ip", server.address, *NESTED),
        *("--tmpfs", "/run", "--volume", f"{server.volume}:/var/lib/docker"),
        *("--volume", f"{keys.server_folder(server)}:/lab:ro"),
        *("--log-opt", "max-size=10m", images.name("server")),
    ]


def make(server: Server) -> str:
    """A short name for how the server is made: another one means it is out of date."""
    return hashlib.sha256(json.dumps(create_arguments(server)).encode()).hexdigest()[:12]


def ensure(servers: list[Server]) -> None:
    """Create, start or renew the servers, all at once, and wait until each is ready.

    A server made in another way than today's is made anew: its containers and volumes are lost.
    """
    if servers:
        with ThreadPoolExecutor(max_workers=len(servers)) as pool:
            list(pool.map(_ensure, servers))


def _ensure(server: Server) -> None:
    found = docker(
        *("ps", "--all", "--filter", f"name=^{server.container}$"),
        *("--format", '{{.State}} {{.Label "' + LABEL + '.make"}}'),
    ).split()
    if not found:
        _create(server)
    elif found[-1] != make(server):
        remove(server)
        _create(server)
    elif found[0] != "running":
        docker("start", server.container)
    wait_ready(server)


def _create(server: Server) -> None:
    docker("volume", "create", server.volume)
    layers.give(server.volume)
    verb, *arguments = create_arguments(server)
    labels = ("--label", f"{LABEL}={server.name}", "--label", f"{LABEL}.make={make(server)}")
    docker(verb, *labels, *arguments)


def wait_ready(server: Server, limit: float = READY_LIMIT) -> None:
    """Wait until `deploy` can use the engine over SSH. Raises SlipwayError after `limit` s."""
    engine = f"timeout {limit:g} sh -c {quote(f'until {ANSWERS}; do sleep 0.1; done')}"
    if not waiting.until(
        lambda: _listens(server) and ssh(server, engine, limit=2 * limit).returncode == 0,
        limit,
        poll=0.1,
    ):
        raise SlipwayError(
            f"not ready within {limit:g} s",
            where=server.name,
            remedy=f"`docker logs {server.container}` tells why",
        )


def ready(server: Server) -> bool:
    """Whether `deploy` gets an answer from the server's engine over SSH."""
    return ssh(server, ANSWERS).returncode == 0


def _listens(server: Server) -> bool:
    """Whether there is an SSH server to connect to, which takes no process to find out."""
    try:
        socket.create_connection((server.address, SSH_PORT), timeout=1).close()
    except OSError:
        return False
    return True


def shop(server: Server) -> dict[str, Any]:
    """What the sample shop on it tells of itself to a user. Raises httpx.HTTPError."""
    url = f"http://{server.address}/version"
    told: dict[str, Any] = httpx.get(url, timeout=10, verify=WITHOUT_TLS).raise_for_status().json()
    return told


def run(
    server: Server, command: str, *, stdin: str | None = None, limit: float = COMMAND_LIMIT
) -> subprocess.CompletedProcess[str]:
    """Run shell text as root on the server, past SSH and past a cut network; `limit` in seconds."""
    arguments = ["docker", "exec", "--interactive", server.container, "sh", "-c", command]
    return program.attempt(arguments, stdin=stdin, limit=limit)


def ssh(
    server: Server,
    command: str,
    *,
    user: str = USER,
    stdin: str | None = None,
    limit: float = COMMAND_LIMIT,
) -> subprocess.CompletedProcess[str]:
    """Run shell text as `deploy` over SSH, checking the pinned host key; `limit` in seconds."""
    return program.attempt(ssh_arguments(server, command, user=user), stdin=stdin, limit=limit)


def ssh_arguments(server: Server, command: str, *, user: str = USER) -> list[str]:
    """The ssh command line; the user's own SSH configuration has no part in it."""
    options = {
        "IdentityFile": str(keys.deploy_key()),
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "UserKnownHostsFile": str(keys.known_hosts()),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
        "ConnectTimeout": "5",
        "KexAlgorithms": "-sntrup761*",  # half the time of a short command
        "LogLevel": "ERROR",
    }
    flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    return ["ssh", "-F", "none", *flags, f"{user}@{server.address}", "--", command]


def power_off(server: Server) -> None:
    """As if the plug were pulled: nothing on the server gets a chance to end in order."""
    docker("kill", server.container)


def power_on(server: Server) -> None:
    """Start the server with the disk it had, and wait until it is ready."""
    docker("start", server.container)
    wait_ready(server)


def cut_network(server: Server) -> None:
    """Lose every packet to and from the server until `mend_network` or a power cycle."""
    _for_each_rule(server, "iptables -t {0} -C {1} {2} {3} -j DROP 2>/dev/null"
                   " || iptables -t {0} -I {1} {2} {3} -j DROP")  # fmt: skip


def mend_network(server: Server) -> None:
    """Undo `cut_network`; nothing happens to a server that is not cut off."""
    _for_each_rule(server, "iptables -t {0} -D {1} {2} {3} -j DROP 2>/dev/null || true")


def _for_each_rule(server: Server, template: str) -> None:
    script = " && ".join(f"{{ {template.format(*rule)}; }}" for rule in CUT)
    program.run(["docker", "exec", server.container, "sh", "-c", script], limit=COMMAND_LIMIT)


def reset(server: Server) -> None:
    """A fresh server in place of this one: empty disk, same address, same host key; waits."""
    keys.ensure([server])
    remove(server)
    _create(server)
    wait_ready(server)


def remove(*servers: Server) -> None:
    """Remove servers with their disks; nothing happens where there is none."""
    containers = [server.container for server in servers]
    volumes = [server.volume for server in servers]
    program.attempt(["docker", "rm", "--force", "--volumes", *containers], limit=COMMAND_LIMIT)
    program.attempt(["docker", "volume", "rm", "--force", *volumes], limit=COMMAND_LIMIT)
