"""A release, brought to every server of an environment or to none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from typing import Any, TypedDict

import pulumi
from pulumi_command import remote

from components.command import on_server
from slipway import ending, incident
from slipway.fleet import agent_command
from slipway.orders import end_order, step_limit, step_order
from slipway.release.basis import Basis
from slipway.release.plan import Action, Gate, Plan, Step
from slipway.release.release import Release
from slipway.release.status import Running
from slipway.remote import Host
from slipway.settings import Settings


class RolloutArgs(TypedDict):
    """A release, a plan, and the servers as they were when it was made."""

    settings: Settings
    """The stack's settings."""
    environment: str
    """Name of the environment, which is the stack's."""
    release: pulumi.Output[Release]
    """What is rolled out; unknown in a preview while an image has yet to be built."""
    plan: Plan
    """The steps, in an order in which every one comes after those it waits for."""
    bases: Mapping[str, Basis]
    """By server, what its steps are planned on."""
    moving: Collection[str]
    """The servers that the rollout changes: all that a failure may take back."""
    hosts: Mapping[str, Host]
    """The servers by name."""


class Rollout(pulumi.ComponentResource):
    """Every step of the plan as a resource; when one fails, all servers go back at once."""

    releases: pulumi.Output[dict[str, str]]
    """By server, version and id of the release that it reported when its last step was done."""
    version: pulumi.Output[str]
    """The version that the servers reported."""
    images: pulumi.Output[dict[str, str]]
    """The image of each service that the servers reported."""

    def __init__(
        self, name: str, args: RolloutArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Rollout", name, None, opts)
        self._args = args
        self._ended = False
        undo = pulumi.ErrorHook(f"{name}-abort", self._abort)
        done: dict[str, pulumi.Resource] = {}
        reports: dict[str, pulumi.Output[str]] = {}
        for step in args["plan"]:
            opts = pulumi.ResourceOptions(
                parent=self, depends_on=[done[before] for before in step.after]
            )
            if isinstance(step, Gate):
                done[step.name] = pulumi.Stash(f"{name}-{step.name}", input=step.name, opts=opts)
                continue
            opts.hooks = pulumi.ResourceHookBinding(on_error=[undo])
            done[step.name] = command = self._run(name, step, opts)
            if step.action is Action.FINALIZE:
                reports[step.server] = command.stdout
        serving = pulumi.Output.all(**reports).apply(
            lambda texts: {server: _serving(server, text) for server, text in texts.items()}
        )
        self.version = serving.apply(lambda serving: _common(serving, "version"))
        self.images = serving.apply(lambda serving: _common(serving, "images"))
        self.releases = serving.apply(
            lambda serving: {server: str(running) for server, running in serving.items()}
        )
        self.register_outputs(
            {"releases": self.releases, "version": self.version, "images": self.images}
        )

    def _run(self, name: str, step: Step, opts: pulumi.ResourceOptions) -> remote.Command:
        settings, environment = self._args["settings"], self._args["environment"]
        basis = self._args["bases"][step.server]
        order = self._args["release"].apply(
            lambda release: step_order(step, settings, environment, release, basis)
        )
        return on_server(
            f"{name}-{step.name}",
            self._args["hosts"][step.server],
            agent_command(step.action.value),
            stdin=pulumi.Output.secret(order) if step.carries_secrets else order,
            limit=step_limit(step, settings),
            opts=opts,
        )

    async def _abort(self, failure: pulumi.ErrorHookArgs) -> bool:
        """End the rollout on all its servers at once, say so, and let the failure stand (no retry).

        An error hook is the one place that runs inside a plain `pulumi up` after a step has failed
        and before the update ends; see docs/decisions/0001-abort-in-an-error-hook.md.
        """
        release = await self._args["release"].future()
        if release is None or self._ended:
            return False
        self._ended = True  # steps that were running may fail too; one word to all is enough
        settings, environment = self._args["settings"], self._args["environment"]

        def order(server: str, evidence: bool) -> str:
            basis = self._args["bases"][server]
            return end_order(settings, environment, server, release, basis, evidence=evidence)

        hosts = [self._args["hosts"][name] for name in self._args["moving"]]
        ends = await asyncio.to_thread(ending.end, hosts, order)
        failed = f"{failure.name} failed ({ending.causes(ends) or 'see above'})"
        report = self._report(release, failure, ends)
        pulumi.log.error(f"{failed}; {ending.story(ends)}; report: {report}", resource=self)
        return False

    def _report(
        self, release: Release, failure: pulumi.ErrorHookArgs, ends: Mapping[str, ending.End]
    ) -> str:
        """Where the incident's report lies; why there is none, if it cannot be written."""
        told = incident.Incident(
            self._args["environment"],
            release.application,
            release.version,
            failure.name,
            {name: each.story for name, each in ends.items()},
            {name: each.incident for name, each in ends.items() if each.incident},
            tuple(failure.errors),
        )
        try:
            return str(incident.write(told))
        except OSError as error:
            return f"none ({error})"


def _serving(server: str, text: str) -> Running:
    """What a server reported to serve when its last step was done."""
    try:
        return Running.from_dict(json.loads(text)["serving"])
    except (ValueError, KeyError, TypeError):
        raise pulumi.RunError(
            f"servers/{server}: it answered {text[:80]!r} instead of what it serves."
            " The deploy user's shell start-up files must print nothing"
        ) from None


def _common(serving: Mapping[str, Running], key: str) -> Any:
    """What all servers report alike; after a finished rollout that is one value."""
    reported = {server: getattr(running, key) for server, running in serving.items()}
    first, *others = reported.values()
    if any(other != first for other in others):
        raise pulumi.RunError(f"the servers do not agree on their {key}: {reported}")
    return first
