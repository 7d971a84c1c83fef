"""From settings to servers: what `pulumi up` does, in order."""

from functools import partial
from pathlib import Path

import pulumi

from components import stack
from components.accessory import Accessory
from components.image import Image
from components.record import Record
from components.rollout import Rollout
from components.server import Server
from slipway import catalogue, fleet, orders, placement, record
from slipway.agent.build import build as build_agent
from slipway.folders import cache
from slipway.release.basis import accessory_basis, all_warm, bases, unsettled
from slipway.settings import Settings, release
from slipway.source import source


def deploy(settings: Settings) -> None:
    """Declare everything that this environment is made of."""
    environment, application = pulumi.get_stack(), settings.application

    # What every server runs, and meanwhile what the version stands for: asked first, read-only.
    hosts = fleet.hosts(settings)
    with fleet.asked(application.name, hosts, settings.preflight.clock_skew) as answers:
        state = stack.resources(environment)
        made = stack.outputs(state)
        placement.check(environment, settings, placement.placed(state), pulumi.log.warn)
        if settings.github:
            from components import repository  # its provider takes a tenth of a second to import

            repository.declare(settings, settings.github, environment, made)
        package = build_agent(cache("agent"))
        registry = catalogue.open_registry(settings)
        origin = settings.promote_from
        before = record.read(state, application.name)
        tried = stack.releases_run(origin, application.name) if origin else None
        found = catalogue.look_up(registry, settings)
    statuses = answers.result()
    ran = catalogue.Ran(before, tried, fleet.releases(statuses))
    familiar = catalogue.digests_run(before, settings.version)
    digests = catalogue.published(registry, settings, found, ran, pulumi.log.warn)

    provider = None
    if settings.builds:
        from components.build import docker_provider  # Docker's provider takes as long

        provider = docker_provider(settings)
    images = {
        name: Image(
            name,
            {
                "repository": registry.repository(name),
                "version": settings.version,
                "published": digests[name],
                "build": image,
                "login": catalogue.credentials(settings),
                "tags": source(Path(image.context)).tags(settings.version),
                "kept": frozenset(made),
                "check": partial(
                    catalogue.check_size, registry, name, limit=image.size_limit, known=familiar
                ),
            },
            pulumi.ResourceOptions(providers=[provider] if provider else None),
        )
        for name, image in application.images.items()
    }
    references = pulumi.Output.all(**{name: image.reference for name, image in images.items()})

    servers = [
        Server(name, {"host": host, "status": statuses[name], "agent": package})
        for name, host in hosts.items()
    ]
    accessories = [
        Accessory(
            name,
            {
                "host": hosts[server],
                "order": orders.accessory_order(
                    name, settings, environment, accessory_basis(statuses[server], name)
                ),
                "limit": orders.accessory_limit(name, settings),
            },
            pulumi.ResourceOptions(depends_on=servers),
        )
        for name, server in orders.accessory_servers(settings).items()
    ]
    known = catalogue.known_release(settings, registry, digests)
    rollout = Rollout(
        application.name,
        {
            "settings": settings,
            "environment": environment,
            "release": references.apply(partial(release, settings)),
            "plan": orders.plan(settings, warm=all_warm(statuses, known)),
            "bases": bases(statuses, known, fleet.proxies(settings)),
            "moving": unsettled(statuses, known),
            "hosts": hosts,
        },
        pulumi.ResourceOptions(depends_on=[*servers, *accessories]),
    )
    Record(
        application.name,
        {
            "before": before,
            "version": rollout.version,
            "images": rollout.images,
        },
    )
    pulumi.export("version", rollout.version)
    pulumi.export("images", rollout.images)
    pulumi.export("servers", rollout.releases)


with stack.program():
    deploy(stack.load_settings())
