"""The deployment program: observe, decide, declare, export."""

from functools import partial

import pulumi

from components import stack
from components.accessory import Accessory
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
    for warning in deployment.warnings:
        pulumi.log.warn(warning)

    if settings.github:
        from components.github import repository  # a provider that most stacks do not use

        repository.declare(settings, settings.github, environment, stack.outputs(observed.state))
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
    installed = pulumi.ResourceOptions(depends_on=servers)
    accessories = [
        Accessory(name, {"deployment": accessory}, installed)
        for name, accessory in deployment.accessories.items()
    ]
    references = {name: image.reference for name, image in images.items()}
    rollout = Rollout(
        deployment.application,
        {"deployment": deployment.rollout, "references": references},
        pulumi.ResourceOptions(depends_on=[*servers, *accessories]),
    )
    ReleaseLog(
        deployment.application,
        {"before": deployment.log, "version": rollout.version, "images": rollout.images},
    )

    pulumi.export("version", rollout.version)
    pulumi.export("images", rollout.images)
    pulumi.export("servers", rollout.releases)
