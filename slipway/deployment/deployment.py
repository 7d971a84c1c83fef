"""What to deploy: a pure function of the settings and of what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slipway.deployment import digests as versions
from slipway.deployment import placement, release_log, tasks
from slipway.deployment.contexts import accessory_context, all_warm, contexts, servers_to_change
from slipway.deployment.digests import KnownDigests
from slipway.deployment.limits import accessory_limit, leases, step_limit
from slipway.deployment.release import ReleaseTemplate, release_template
from slipway.deployment.release_log import ReleaseLog
from slipway.deployment.requests import (
    RolloutRequests,
    accessory_request,
    proxy_addresses,
    rollout_requests,
)
from slipway.errors import SlipwayError
from slipway.observe.observed import Observed, credentials, hosts
from slipway.observe.registry import Credentials
from slipway.observe.status import Status
from slipway.protocol.installation import Installation
from slipway.protocol.requests import SHORTEST_SECRET, AccessoryRequest
from slipway.rollout import plan as plans
from slipway.rollout.plan import Batch, Plan, PlannedStep
from slipway.rollout.release import Release
from slipway.rollout.tasks import Kind, id_kind
from slipway.settings import Settings
from slipway.settings.application import Image
from slipway.ssh import Host


@dataclass(frozen=True)
class RegistryAccess:
    """The registry as this machine pushes to it."""

    address: str
    insecure: bool
    login: Credentials | None

    @property
    def host(self) -> str:
        """Name and port of the registry, without the path of the images in it."""
        return self.address.partition("/")[0]


@dataclass(frozen=True)
class ImageDeployment:
    """An image: its digest in the registry for the version, or how it is built."""

    registry: RegistryAccess
    repository: str  # REGISTRY/NAME, without a tag
    version: str
    digest: str | None  # None: it is to be built
    build: Image
    tags: Mapping[str, str]  # further tags of what is built, by their role (sha, branch, latest)
    known: frozenset[str]  # digests that have run here: the size limit does not apply to them
    declared: frozenset[str]  # names of the resources in the stack's state


@dataclass(frozen=True)
class ServerDeployment:
    """A server, as it was observed."""

    host: Host
    status: Status
    installation: Installation


@dataclass(frozen=True)
class AccessoryDeployment:
    """A database or a queue on its server."""

    host: Host
    installation: Installation
    request: AccessoryRequest
    limit: float  # seconds


@dataclass(frozen=True)
class RolloutDeployment:
    """A release and how it is rolled out."""

    template: ReleaseTemplate
    release: Release | None  # None while an image is not built yet
    plan: Plan
    limits: Mapping[str, float]  # seconds, by step
    requests: RolloutRequests
    hosts: Mapping[str, Host]
    changing: frozenset[str]  # the servers that a failure may roll back
    database: str  # the name that a person gave to its data
    volumes: tuple[str, ...]  # the accessories whose data the release finds

    def release_of(self, images: Mapping[str, str]) -> Release:
        """The release, once every image has its digest."""
        return self.release or self.template.pinned(images)


@dataclass(frozen=True)
class Deployment:
    """Everything that the program declares for the servers of one environment."""

    application: str
    registry: RegistryAccess
    builds: bool
    images: Mapping[str, ImageDeployment]
    servers: Mapping[str, ServerDeployment]
    accessories: Mapping[str, AccessoryDeployment]
    rollout: RolloutDeployment
    log: ReleaseLog  # what this environment has committed before
    warnings: tuple[str, ...]
    notes: tuple[str, ...]  # what a person may want to know of the plan


def decide(settings: Settings, environment: str, observed: Observed) -> Deployment:
    """Raises SlipwayError for what must not be deployed, and SettingsError for wrong settings."""
    application, statuses = settings.application, observed.servers
    refuse_other_environments(application.name, statuses)
    warnings = placement.check(environment, settings, placement.placed(observed.state))
    log = release_log.read(observed.state, application.name)
    digests, digest_warnings = versions.version_digests(
        settings, observed.published, _known_digests(settings, observed, log)
    )
    template = release_template(settings)
    images = versions.pinned(settings, digests)
    release = template.pinned(images) if len(images) == len(digests) else None
    installation, places = Installation(application.name, environment), hosts(settings)
    rollout = _rollout(settings, installation, observed, template, release, log)
    return Deployment(
        application=application.name,
        registry=registry_access(settings),
        builds=settings.builds,
        images=_images(settings, observed, digests, log),
        servers={
            name: ServerDeployment(host, statuses[name], installation)
            for name, host in places.items()
        },
        accessories=_accessories(settings, installation, places, statuses),
        rollout=rollout,
        log=log,
        warnings=(
            *warnings,
            *digest_warnings,
            *placement.left_over(settings, observed),
            *_short_secrets(settings),
        ),
        notes=tuple(f"{kind}: already run on this database" for kind in _skipped(rollout)),
    )


def _skipped(rollout: RolloutDeployment) -> list[Kind]:
    """The commands that the release has, and that are not run again."""
    ran = {run for name in rollout.changing for run in rollout.requests.contexts[name].ran}
    return [kind for kind in Kind if any(id_kind(run) is kind for run in ran)]


def _short_secrets(settings: Settings) -> list[str]:
    return [
        f"secrets/{name}: it has fewer than {SHORTEST_SECRET} characters, so it is not masked in"
        " messages"
        for name, value in settings.secrets.items()
        if len(value.get_secret_value()) < SHORTEST_SECRET
    ]


def refuse_other_environments(application: str, statuses: Mapping[str, Status]) -> None:
    """A server can have one environment of an application: they share network and proxy."""
    taken = [
        f"servers/{name}: the environment {', '.join(status.others)} of {application} is there"
        for name, status in statuses.items()
        if status.others
    ]
    if taken:
        raise SlipwayError(
            "; ".join(taken), remedy="Use different servers for each environment of an application"
        )


def registry_access(settings: Settings) -> RegistryAccess:
    """The registry of the settings, with its login if it needs one."""
    registry = settings.registry
    return RegistryAccess(registry.address, registry.insecure, credentials(settings))


def _known_digests(settings: Settings, observed: Observed, log: ReleaseLog) -> KnownDigests:
    origin = observed.promoted_state
    there = None if origin is None else release_log.read(origin, settings.application.name)
    statuses = observed.servers.values()
    running = [each for status in statuses for each in (status.serving, status.previous) if each]
    return KnownDigests(log, there, running)


def _images(
    settings: Settings, observed: Observed, digests: versions.Digests, log: ReleaseLog
) -> dict[str, ImageDeployment]:
    known = frozenset(versions.digests_run(log, settings.version))
    declared = frozenset(urn.rpartition("::")[2] for urn in observed.state)
    access = registry_access(settings)
    return {
        name: ImageDeployment(
            registry=access,
            repository=versions.repository(settings, name),
            version=settings.version,
            digest=digests[name],
            build=image,
            tags=observed.sources[name].tags(settings.version)
            if settings.registry.extra_tags
            else {},
            known=known,
            declared=declared,
        )
        for name, image in settings.application.images.items()
    }


def _accessories(
    settings: Settings,
    installation: Installation,
    places: Mapping[str, Host],
    statuses: Mapping[str, Status],
) -> dict[str, AccessoryDeployment]:
    found = {}
    for name in settings.application.accessories:
        server = settings.server_of(name)
        context = accessory_context(statuses[server], name)
        request = accessory_request(name, settings, installation, context)
        limit = accessory_limit(name, settings)
        found[name] = AccessoryDeployment(places[server], installation, request, limit)
    return found


def _rollout(
    settings: Settings,
    installation: Installation,
    observed: Observed,
    template: ReleaseTemplate,
    release: Release | None,
    log: ReleaseLog,
) -> RolloutDeployment:
    known, batches, statuses = release.id if release else None, _batches(settings), observed.servers
    application = settings.application
    plan = plans.steps(
        list(settings.servers),
        batches,
        accessories=list(application.accessories),
        migrate=application.migration is not None or application.setup is not None,
        smoke=bool(application.smoke),
        at_once=all_warm(statuses, known),
    )
    steps = [each for each in plan if isinstance(each, PlannedStep)]
    ran = _ran(settings, observed, release, log)
    planned_on = contexts(statuses, known, proxy_addresses(settings), ran)
    return RolloutDeployment(
        template=template,
        release=release,
        plan=plan,
        limits={step.name: step_limit(step, settings) for step in steps},
        requests=rollout_requests(
            settings, installation, planned_on, leases(steps, settings, batches)
        ),
        hosts=hosts(settings),
        changing=servers_to_change(statuses, known),
        database=settings.database,
        volumes=tuple(tasks.volumes(settings)),
    )


def _ran(
    settings: Settings, observed: Observed, release: Release | None, log: ReleaseLog
) -> tuple[str, ...]:
    """The ids of the release's commands that are not run again."""
    database = tasks.observed_database(settings, observed.servers)
    if release is None or database is None:
        return ()
    name = settings.application.name
    known = tasks.known_runs(name, observed.servers.values(), observed.state)
    serving = {each.serving.version for each in observed.servers.values() if each.serving}
    committed = log.get(release.version) == release.images and release.version not in serving
    return tasks.ran(release, database, known, committed=committed)


def _batches(settings: Settings) -> list[Batch]:
    rollout, servers = settings.rollout, list(settings.servers)
    if rollout.strategy == "canary":
        canary = rollout.canary
        return plans.canary(servers, weights=canary.weights, hold=canary.hold, bake=rollout.bake)
    if rollout.strategy == "blue-green":
        return plans.blue_green(servers, bake=rollout.bake)
    size = rollout.batch_size(len(servers))
    return plans.rolling(servers, size=size, pause=rollout.pause, bake=rollout.bake)
