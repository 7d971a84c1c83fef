"""The lab's servers: containers with an sshd and a Docker Engine of their own."""

from __future__ import annotations

import hashlib
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx

from lab import command as program
from lab import images, keys, waiting
from lab.engine import NESTED, docker
from lab.layout import LABEL, NETWORK, USER, Server
from slipway.errors import SlipwayError
from slipway.protocol.answers import StatusAnswer
from slipway.protocol.installation import Installation
from slipway.protocol.messages import read_answer, write_request
from slipway.protocol.requests import StatusRequest
from slipway.rollout.step import Step

__all__ = ["Server"]

READY_LIMIT: Final = 60.0  # seconds
COMMAND_LIMIT: Final = 60.0  # seconds

# As with a cut cable, packets are lost and none is refused.
CUT: Final = (("raw", "PREROUTING", "-i", "eth0"), ("raw", "OUTPUT", "-o", "eth0"))


def create_arguments(server: Server) -> list[str]:
    """The arguments of `docker run` for a server, without its labels."""
    return [
        *("run", "--detach", "--name", server.container, "--hostname", server.name),
        *("--network", NETWORK, "--ip", server.address, *NESTED),
        *("--tmpfs", "/run", "--volume", f"{server.volume}:/var/lib/docker"),
        *("--volume", f"{keys.server_folder(server)}:/lab:ro"),
        *("--log-opt", "max-size=10m", images.name("server")),
    ]


def definition(server: Server) -> str:
    """A short hash of how the server is created: with another one a container is out of date."""
    return hashlib.sha256(json.dumps(create_arguments(server)).encode()).hexdigest()[:12]


def ensure(servers: list[Server]) -> None:
    """Create, start or replace the servers, in parallel, and wait until each is ready.

    A server that is out of date is replaced: its containers and volumes are lost.
    """
    if servers:
        with ThreadPoolExecutor(max_workers=len(servers)) as pool:
            list(pool.map(_ensure, servers))


def _ensure(server: Server) -> None:
    found = docker(
        *("ps", "--all", "--filter", f"name=^{server.container}$"),
        *("--format", '{{.State}} {{.Label "' + LABEL + '.definition"}}'),
    ).split()
    if not found:
        _create(server)
    elif found[-1] != definition(server):
        remove(server)
        _create(server)
    elif found[0] != "running":
        docker("start", server.container)
    wait_ready(server)


def _create(server: Server) -> None:
    verb, *arguments = create_arguments(server)
    labels = (f"{LABEL}={server.name}", f"{LABEL}.definition={definition(server)}")
    docker(verb, *(f"--label={label}" for label in labels), *arguments)


def wait_ready(server: Server, limit: float = READY_LIMIT) -> None:
    """Wait until `deploy` can use the engine over SSH. Raises SlipwayError after `limit` s."""
    if not waiting.until(lambda: ready(server), limit):
        raise SlipwayError(
            f"not ready within {limit:g} s",
            where=server.name,
            remedy=f"`docker logs {server.container}` shows why",
        )


def ready(server: Server) -> bool:
    """Whether `deploy` can use the server's engine over SSH."""
    return ssh(server, "docker version").returncode == 0


def shop(server: Server) -> dict[str, Any]:
    """The answer of the sample shop's /version on the server. Raises httpx.HTTPError."""
    url = f"http://{server.address}/version"
    answer: dict[str, Any] = httpx.get(url, timeout=10).raise_for_status().json()
    return answer


def run(
    server: Server, command: str, *, stdin: str | None = None, limit: float = COMMAND_LIMIT
) -> subprocess.CompletedProcess[str]:
    """Run shell text as root on the server, without SSH and its network; `limit` in seconds."""
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
    """The ssh command line; it ignores the user's own SSH configuration."""
    options = {
        "IdentityFile": str(keys.deploy_key()),
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "UserKnownHostsFile": str(keys.known_hosts()),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
        "ConnectTimeout": "5",
        "LogLevel": "ERROR",
    }
    flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    return ["ssh", "-F", "none", *flags, f"{user}@{server.address}", "--", command]


def power_off(server: Server) -> None:
    """Kill every process of the server at once, as a power cut does."""
    docker("kill", server.container)


def power_on(server: Server) -> None:
    """Start the server with the disk that it had, and wait until it is ready."""
    docker("start", server.container)
    wait_ready(server)


def cut_network(server: Server) -> None:
    """Drop every packet to and from the server until `restore_network` or a power cycle."""
    _for_each_rule(server, "iptables -t {0} -C {1} {2} {3} -j DROP 2>/dev/null"
                   " || iptables -t {0} -I {1} {2} {3} -j DROP")  # fmt: skip


def restore_network(server: Server) -> None:
    """Undo `cut_network`; does nothing to a server that is connected."""
    _for_each_rule(server, "iptables -t {0} -D {1} {2} {3} -j DROP 2>/dev/null || true")


def _for_each_rule(server: Server, template: str) -> None:
    script = " && ".join(f"{{ {template.format(*rule)}; }}" for rule in CUT)
    program.run(["docker", "exec", server.container, "sh", "-c", script], limit=COMMAND_LIMIT)


def reset(server: Server) -> None:
    """Replace the server by an empty one with the same address and host key, and wait for it."""
    keys.ensure([server])
    remove(server)
    _create(server)
    wait_ready(server)


def remove(*servers: Server) -> None:
    """Remove servers with their disks, as far as they exist."""
    containers = [server.container for server in servers]
    volumes = [server.volume for server in servers]
    program.attempt(["docker", "rm", "--force", "--volumes", *containers], limit=COMMAND_LIMIT)
    program.attempt(["docker", "volume", "rm", "--force", *volumes], limit=COMMAND_LIMIT)


def agent_status(server: Server, installation: Installation) -> StatusAnswer:
    """What the agent of an environment reports. Raises SlipwayError when it does not."""
    request = write_request(StatusRequest(installation.target(server.name)))
    done = ssh(server, installation.command(Step.STATUS), stdin=request)
    if done.returncode:
        raise SlipwayError(f"no status: {done.stderr.strip()[-200:]}", where=server.name)
    answer: StatusAnswer = read_answer(Step.STATUS, done.stdout)
    return answer
