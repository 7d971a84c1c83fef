"""A container that rollouts never touch, such as a database, with volumes that nothing deletes."""

from __future__ import annotations

from typing import TypedDict

import pulumi

from components.command import on_server
from slipway.fleet import agent_command
from slipway.remote import Host


class AccessoryArgs(TypedDict):
    """What runs, and where."""

    host: Host
    """The server that runs it."""
    order: str
    """What its agent is told; holds secrets."""
    limit: float
    """Seconds until a start is given up."""


class Accessory(pulumi.ComponentResource):
    """The agent starts it anew only when its definition has changed; its volumes always stay."""

    server: pulumi.Output[str]

    def __init__(
        self, name: str, args: AccessoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Accessory", name, None, opts)
        run = on_server(
            f"{name}-run",
            args["host"],
            agent_command("accessory"),
            stdin=pulumi.Output.secret(args["order"]),
            limit=args["limit"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        where = args["host"].name
        # Known once it ran there: after a start that failed the state has the server of before.
        self.server = run.id.apply(lambda _: where)
        self.register_outputs({"server": self.server})
