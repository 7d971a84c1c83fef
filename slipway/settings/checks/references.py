"""References to images, services, servers and secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from slipway.settings.application import Accessory, Service
from slipway.settings.errors import Fault, suggestion
from slipway.settings.schema import KeyPath
from slipway.settings.settings import Settings


def faults(settings: Settings) -> Iterator[Fault]:
    """Images, services, servers and secrets that are named but not defined."""
    return chain(_images(settings), _services(settings), _servers(settings), _secrets(settings))


def containers(settings: Settings) -> Iterator[tuple[KeyPath, Service | Accessory]]:
    """All services and accessories with their paths."""
    for name, service in settings.application.services.items():
        yield ("application", "services", name), service
    for name, accessory in settings.application.accessories.items():
        yield ("application", "accessories", name), accessory


def _images(settings: Settings) -> Iterator[Fault]:
    images = settings.application.images
    for name, service in settings.application.services.items():
        path = ("application", "services", name, "image")
        yield from _unless_known("image", service.image, images, path)


def _services(settings: Settings) -> Iterator[Fault]:
    application = settings.application
    for name, task in (("migration", application.migration), ("setup", application.setup)):
        if task:
            path = ("application", name, "service")
            yield from _unless_known("service", task.service, application.services, path)
    for index, test in enumerate(settings.application.smoke):
        at = ("application", "smoke", index, "service")
        ported = [name for name, each in settings.application.services.items() if each.port]
        yield from _unless_known("service with a port", test.service, ported, at)


def _servers(settings: Settings) -> Iterator[Fault]:
    for name, accessory in settings.application.accessories.items():
        if accessory.server is not None:
            path = ("application", "accessories", name, "server")
            yield from _unless_known("server", accessory.server, settings.servers, path)


def _secrets(settings: Settings) -> Iterator[Fault]:
    for path, container in containers(settings):
        for index, name in enumerate(container.secrets):
            if name not in settings.secrets:
                yield unset((*path, "secrets", index), f"there is no secret `{name}`", name)
    password = settings.registry.password
    if password is not None and password not in settings.secrets:
        # A password written here by mistake can look like a name, so it is not repeated.
        yield unset(("registry", "password"), "is not the name of an entry in `secrets`", "NAME")


def unset(path: KeyPath, what: str, name: str) -> Fault:
    """The fault of naming a secret that has no value."""
    return Fault(
        path, what, f"Set it: `pulumi config set --secret --path 'slipway:secrets.{name}'`."
    )


def _unless_known(noun: str, name: str, known: Iterable[str], path: KeyPath) -> Iterator[Fault]:
    if name not in set(known):
        yield Fault(path, f"there is no {noun} `{name}`", suggestion(name, known))
