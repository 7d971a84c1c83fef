"""A container that rollouts never touch, such as a database, with volumes that nothing deletes."""

from __future__ import annotations

from typing import TypedDict

import pulumi

from components.command import on_server
from slipway.deployment.deployment import AccessoryDeployment
from slipway.protocol.messages import write_request
from slipway.rollout.step import Step


class AccessoryArgs(TypedDict):
    """What runs, and where."""

    deployment: AccessoryDeployment
    """The server that runs it, and what its agent is asked; holds secrets."""


class Accessory(pulumi.ComponentResource):
    """The agent starts it anew only when its definition has changed; its volumes always stay."""

    server: pulumi.Output[str]

    def __init__(
        self, name: str, args: AccessoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Accessory", name, None, opts)
        deployment = args["deployment"]
        run = on_server(
            f"{name}-run",
            deployment.host,
            deployment.installation.command(Step.ACCESSORY),
            stdin=pulumi.Output.secret(write_request(deployment.request)),
            limit=deployment.limit,
            opts=pulumi.ResourceOptions(parent=self),
        )
        where = deployment.host.name
        # Known once it ran there: after a start that failed the state has the server of before.
        self.server = run.id.apply(lambda _: where)
        self.register_outputs({"server": self.server})
