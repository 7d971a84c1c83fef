"""The rollout of a release to every server of an environment, or to none."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi
from pulumi_command import remote

from components.accessory import Accessory
from components.command import on_server, reported
from slipway import abort, incident
from slipway.abort import AbortOutcome
from slipway.deployment.deployment import AccessoryDeployment, RolloutDeployment
from slipway.protocol.answers import RolloutAnswer, Running
from slipway.protocol.messages import write_request
from slipway.rollout.plan import AccessoryStep, Barrier, PlannedStep
from slipway.rollout.release import Release
from slipway.rollout.step import Step
from slipway.rollout.tasks import database_id

NO_DATABASE = pulumi.Output.from_input("")


class RolloutArgs(TypedDict):
    """A release and how it is rolled out."""

    deployment: RolloutDeployment
    """The steps with their requests, and which servers a failure rolls back."""
    accessories: Mapping[str, AccessoryDeployment]
    """The databases and queues by name, which the plan starts or changes before its migration."""
    references: Mapping[str, pulumi.Output[str]]
    """`REPOSITORY@DIGEST` by image; unknown in a preview of a build."""


class Rollout(pulumi.ComponentResource):
    """Every step of the plan as a resource; when one fails, all servers roll back concurrently."""

    releases: pulumi.Output[dict[str, str]]
    """By server, version and id of the release that it reported after its commit."""
    version: pulumi.Output[str]
    """The version that the servers reported."""
    images: pulumi.Output[dict[str, str]]
    """The image of each service that the servers reported."""

    def __init__(
        self, name: str, args: RolloutArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Rollout", name, None, opts)
        self._deployment = args["deployment"]
        self._release: pulumi.Output[Release] = pulumi.Output.all(**args["references"]).apply(
            self._deployment.release_of
        )
        self._aborted = False
        undo = pulumi.ErrorHook(f"{name}-abort", self._abort)
        done: dict[str, pulumi.Resource] = {}
        data: dict[str, pulumi.Output[str]] = {}
        reports: dict[str, pulumi.Output[str]] = {}
        for step in self._deployment.plan:
            opts = pulumi.ResourceOptions(
                parent=self, depends_on=[done[before] for before in step.after]
            )
            match step:
                case Barrier():
                    done[step.name] = pulumi.Stash(
                        f"{name}-{step.name}", input=step.name, opts=opts
                    )
                case AccessoryStep():
                    deployment = args["accessories"][step.accessory]
                    done[step.name] = accessory = Accessory(
                        step.accessory, {"deployment": deployment, "on_error": undo}, opts
                    )
                    data[step.accessory] = accessory.data
                case PlannedStep():
                    opts.hooks = pulumi.ResourceHookBinding(on_error=[undo])
                    found = self._database(data) if step.finds_database else NO_DATABASE
                    done[step.name] = command = self._run(name, step, found, opts)
                    if step.step is Step.COMMIT:
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

    def _database(self, data: Mapping[str, pulumi.Output[str]]) -> pulumi.Output[str]:
        """The id of the data that the release finds; the accessories come before what needs it."""
        name, volumes = self._deployment.database, self._deployment.volumes
        own = {each: data[each] for each in volumes}
        return pulumi.Output.all(**own).apply(lambda found: database_id(name, found))

    def _run(
        self,
        name: str,
        step: PlannedStep,
        database: pulumi.Output[str],
        opts: pulumi.ResourceOptions,
    ) -> remote.Command:
        deployment = self._deployment
        request = pulumi.Output.all(self._release, database).apply(
            lambda known: write_request(deployment.requests.of(step, *known))
        )
        return on_server(
            f"{name}-{step.name}",
            deployment.hosts[step.server],
            deployment.requests.installation.command(step.step),
            stdin=pulumi.Output.secret(request) if step.carries_secrets else request,
            limit=deployment.limits[step.name],
            opts=opts,
        )

    async def _abort(self, failure: pulumi.ErrorHookArgs) -> bool:
        """End the rollout on all its servers, report it, and let the update fail without a retry.

        An error hook is the one place that runs inside a plain `pulumi up` after a step has failed
        and before the update ends; see docs/decisions/0001-abort-in-an-error-hook.md.
        """
        release = await self._release.future()
        if release is None or self._aborted or not self._deployment.changing:
            return False
        self._aborted = True  # steps that were running may fail too; one abort is enough
        hosts = [self._deployment.hosts[name] for name in self._deployment.changing]
        outcomes = await asyncio.to_thread(abort.abort, hosts, self._deployment.requests, release)
        failed = f"{failure.name} failed ({abort.causes(outcomes) or 'see above'})"
        report = self._report(release, failure, outcomes)
        pulumi.log.error(f"{failed}; {abort.summary(outcomes)}; report: {report}", resource=self)
        return False

    def _report(
        self, release: Release, failure: pulumi.ErrorHookArgs, outcomes: Mapping[str, AbortOutcome]
    ) -> str:
        """Write the incident report; the path, or why it cannot be written."""
        report = incident.Incident(
            self._deployment.requests.installation.environment,
            release.application,
            release.version,
            failure.name,
            {name: each.summary for name, each in outcomes.items()},
            {name: each.aborted for name, each in outcomes.items() if each.aborted},
            tuple(failure.errors),
        )
        try:
            return str(incident.write(report))
        except OSError as error:
            return f"none ({error})"


def _serving(server: str, text: str) -> Running:
    """The release that a server reported after its commit."""
    answer: RolloutAnswer = reported(Step.COMMIT, server, text)
    if answer.serving is None:
        raise pulumi.RunError(
            f"servers/{server}: it serves nothing after its commit. Report this bug"
        )
    return answer.serving


def _common(serving: Mapping[str, Running], key: str) -> Any:
    """The value that all servers report; after a finished rollout it is the same on all."""
    reported = {server: getattr(running, key) for server, running in serving.items()}
    first, *others = reported.values()
    if any(other != first for other in others):
        raise pulumi.RunError(f"the servers report different {key}: {reported}")
    return first
