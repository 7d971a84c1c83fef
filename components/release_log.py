"""The releases that an environment has committed; promotion to the next environment needs them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypedDict

import pulumi
from pulumi_command import local

from slipway.deployment import release_log


class ReleaseLogArgs(TypedDict):
    """The log from before, and what the servers have reported now."""

    before: release_log.ReleaseLog
    """The log after the last successful rollout."""
    version: pulumi.Output[str]
    """The version that all servers reported."""
    images: pulumi.Output[Mapping[str, str]]
    """The image of each service that all servers reported."""


class ReleaseLog(pulumi.ComponentResource):
    """The releases that every server of the environment committed.

    It is a resource and not a stack output, because a failed update loses outputs. It contains only
    what servers reported, so that it has no version that failed here.
    """

    releases: pulumi.Output[str]

    def __init__(
        self, name: str, args: ReleaseLogArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:ReleaseLog", name, None, opts)
        before = args["before"]
        text = pulumi.Output.all(args["version"], args["images"]).apply(
            lambda reported: json.dumps(release_log.added(before, *reported), indent=1)
        )
        kept = local.Command(
            f"{name}-releases",
            create="cat",
            stdin=text,
            logging=local.Logging.NONE,
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.releases = kept.stdout
        self.register_outputs({"releases": self.releases})
