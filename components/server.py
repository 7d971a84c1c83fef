"""A server with the agent installed on it."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

import pulumi
from pulumi_command import remote

from components.command import connection, on_server
from slipway.deployment.deployment import ServerDeployment
from slipway.protocol.installation import Installation

OLDEST_PYTHON = (3, 9)  # that runs the agent: Debian 11 has 3.9, Ubuntu 22.04 has 3.10
SECONDS = 60  # for a command that only moves files


class ServerArgs(TypedDict):
    """A server, and the agent to install."""

    deployment: ServerDeployment
    """Its address, and its status: a server that lost its agent gets it again."""
    agent: Path
    """The agent's archive on this machine, named by its content hash."""


class Server(pulumi.ComponentResource):
    """Python is new enough, the agent is installed, and its watchdog starts after a boot."""

    address: pulumi.Output[str]

    def __init__(
        self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Server", name, None, opts)
        deployment, archive = args["deployment"], args["agent"]
        host, installation = deployment.host, deployment.installation
        life = deployment.status.life
        folder = on_server(
            f"{name}-folder",
            host,
            folder_command(installation),
            stdin=life,
            limit=SECONDS,
            opts=pulumi.ResourceOptions(parent=self),
        )
        copy = remote.CopyToRemote(
            f"{name}-agent",
            connection=connection(host),
            source=pulumi.FileAsset(str(archive)),
            remote_path=f"{installation.folder}/{archive.name}",
            triggers=[life],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[folder]),
        )
        on_server(
            f"{name}-install",
            host,
            install_command(installation, archive.name),
            stdin=life,
            limit=SECONDS,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[copy]),
        )
        self.address = pulumi.Output.from_input(host.address)
        self.register_outputs({"address": self.address})


def folder_command(installation: Installation) -> str:
    """Check that Python is new enough and cron is installed, then make the agent's folder."""
    oldest = ".".join(map(str, OLDEST_PYTHON))
    check = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return (
        _needs(f"python3 -c '{check}'", f"python3 {oldest} or newer", "python3")
        + _needs("command -v crontab >/dev/null", "crontab", "cron")
        + f"umask 077; mkdir -p {installation.folder}"
    )


def _needs(check: str, what: str, package: str) -> str:
    error = f"{what} is not installed: apt-get install {package}"
    return f"{check} || {{ echo '{error}' >&2; exit 1; }}; "


def install_command(installation: Installation, archive: str) -> str:
    """Unpack the copied archive, make it the current agent, and save standard input (the life).

    An archive that is missing was unpacked before. Cron starts the watchdog after a boot.
    """
    folder, unpacked = installation.folder, archive.removesuffix(".zip")
    unpack = (
        f"cd {folder} && if [ -f {archive} ]; then rm -rf {unpacked} {unpacked}.partial"
        f" && python3 -m zipfile --extract {archive} {unpacked}.partial"
        f" && mv {unpacked}.partial {unpacked} && rm {archive}; fi"
        f" && test -f {unpacked}/__main__.py"
    )
    link = f"ln -sfn {unpacked} agent && cd && {installation.install_command}"
    others = f"find {folder} -maxdepth 1 -name 'agent-*' ! -name {unpacked} -exec rm -rf {{}} +"
    return f"{unpack} && {link} && cat > {installation.noted_life} && {others}"
