"""The deployment program: observe, decide, declare, export."""

from functools import partial

import pulumi

from components import stack
from components.build import docker_provider
from components.image import Image
from components.release_log import ReleaseLog
from components.rollout import Rollout
from components.server import Server
from slipway.agent.bundle import build as build_agent
from slipway.deployment.deployment import decide
from slipway.observe.observed import observe, open_registry
from slipway.paths import cache

with stack.program():
    settings, environment = stack.load_settings(), pulumi.get_stack()
    registry = open_registry(settings)
    observed = observe(settings, environment, registry, stack.resources)
    deployment = decide(settings, environment, observed)
    stack.tell(deployment.warnings, deployment.notes)

    before: list[pulumi.Resource] = []  # what else can fail does so before the rollout begins
    if settings.github:
        from components.github import repository  # a provider that most stacks do not use

        state = stack.outputs(observed.state)
        before += repository.declare(settings, settings.github, environment, state)
    builder = docker_provider(deployment.registry) if deployment.builds else None
    building = pulumi.ResourceOptions(providers=[builder] if builder else None)
    images = {
        name: Image(name, {"deployment": image, "size": partial(registry.size, name)}, building)
        for name, image in deployment.images.items()
    }
    agent = build_agent(cache("agent"))
    servers = [
        Server(name, {"deployment": server, "agent": agent})
        for name, server in deployment.servers.items()
    ]
    rollout = Rollout(
        deployment.application,
        {
            "deployment": deployment.rollout,
            "accessories": deployment.accessories,
            "references": {name: image.reference for name, image in images.items()},
        },
        pulumi.ResourceOptions(depends_on=[*before, *images.values(), *servers]),
    )
    ReleaseLog(
        deployment.application,
        {"before": deployment.log, "version": rollout.version, "images": rollout.images},
    )

    pulumi.export("version", rollout.version)
    pulumi.export("images", rollout.images)
    pulumi.export("servers", rollout.releases)
