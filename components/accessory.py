"""A container that rollouts do not change, such as a database; its volumes are never deleted."""

from __future__ import annotations

from typing import NotRequired, TypedDict

import pulumi

from components.command import on_server, reported
from slipway.deployment.deployment import AccessoryDeployment
from slipway.protocol.answers import AccessoryAnswer
from slipway.protocol.messages import write_request
from slipway.rollout.step import Step


class AccessoryArgs(TypedDict):
    """What runs, and where."""

    deployment: AccessoryDeployment
    """Its server, and the request to the agent; contains secrets."""
    on_error: NotRequired[pulumi.ErrorHook]
    """What happens when it fails, before the update ends."""


class Accessory(pulumi.ComponentResource):
    """The agent replaces it only when its definition has changed; its volumes always stay."""

    server: pulumi.Output[str]
    data: pulumi.Output[str]
    """The id of the data in its volumes; empty without volumes."""

    def __init__(
        self, name: str, args: AccessoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Accessory", name, None, opts)
        deployment = args["deployment"]
        where = deployment.host.name
        hooks = [args["on_error"]] if "on_error" in args else []
        run = on_server(
            f"{name}-run",
            deployment.host,
            deployment.installation.command(Step.ACCESSORY),
            stdin=pulumi.Output.secret(write_request(deployment.request)),
            limit=deployment.limit,
            opts=pulumi.ResourceOptions(
                parent=self, hooks=pulumi.ResourceHookBinding(on_error=hooks)
            ),
        )

        def data(text: str) -> str:
            answer: AccessoryAnswer = reported(Step.ACCESSORY, where, text)
            return answer.data

        # Known once the step succeeded: after a failure the state keeps the server from before.
        self.server = run.id.apply(lambda _: where)
        self.data = run.stdout.apply(data)
        self.register_outputs({"server": self.server, "data": self.data})
