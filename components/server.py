"""A server that trusts us and that we trust, with the agent on it."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

import pulumi
from pulumi_command import remote

from components.command import connection, on_server
from slipway.fleet import AGENT, FOLDER, INSTALLED
from slipway.release.status import Status
from slipway.remote import Host

OLDEST_PYTHON = (3, 9)  # the agent's; Debian 11 and Ubuntu 22.04 have newer ones
SECONDS = 30  # for a command that only moves files


class ServerArgs(TypedDict):
    """A server, and what it said of itself."""

    host: Host
    """Where it is, and its pinned key."""
    status: Status
    """What it answered when asked; a server that lost its agent gets it again."""
    agent: Path
    """The agent on this machine, named by its content hash."""


class Server(pulumi.ComponentResource):
    """Python is new enough, the agent is installed, and `.slipway/agent.pyz` names it."""

    address: pulumi.Output[str]

    def __init__(
        self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Server", name, None, opts)
        host, agent, life = args["host"], args["agent"], args["status"].life
        folder = on_server(
            f"{name}-folder",
            host,
            folder_command(),
            stdin=life,
            limit=SECONDS,
            opts=pulumi.ResourceOptions(parent=self),
        )
        copy = remote.CopyToRemote(
            f"{name}-agent",
            connection=connection(host),
            source=pulumi.FileAsset(str(agent)),
            remote_path=f"{FOLDER}/{agent.name}",
            triggers=[life],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[folder]),
        )
        on_server(
            f"{name}-install",
            host,
            install_command(agent.name),
            stdin=life,
            limit=SECONDS,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[copy]),
        )
        self.address = pulumi.Output.from_input(host.address)
        self.register_outputs({"address": self.address})


def folder_command() -> str:
    """Make the agent's folder, once Python is known to be new enough."""
    oldest = ".".join(map(str, OLDEST_PYTHON))
    check = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    complaint = f"python3 {oldest} or newer is needed here: apt-get install python3"
    return (
        f"python3 -c '{check}' || {{ echo '{complaint}' >&2; exit 1; }}; mkdir -p -m 700 {FOLDER}"
    )


def install_command(agent: str) -> str:
    """Unpack and compile the copied agent and make it the current one; note standard input.

    The archive works without what is unpacked of it, only more slowly.
    """
    unpacked = f"{FOLDER}/{agent.removesuffix('.pyz')}"
    unpack = (
        f"rm -rf {unpacked} {unpacked}.partial"
        f" && python3 -m zipfile --extract {FOLDER}/{agent} {unpacked}.partial"
        f" && mv {unpacked}.partial {unpacked} && python3 -m compileall -q {unpacked}"
    )
    others = (
        f"find {FOLDER} -maxdepth 1 -name 'agent-*' ! -name {agent} ! -name {Path(unpacked).name}"
        " -exec rm -rf {} +"
    )
    return f"{unpack} && ln -sfn {agent} {AGENT} && cat > {INSTALLED} && {others}"
