"""Which server has an accessory's data, so that no accessory is moved without it unnoticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from slipway.observe.observed import Observed
from slipway.settings import Settings, SettingsError
from slipway.settings.errors import Fault

KIND: Final = "slipway:index:Accessory"
SERVER_KIND: Final = "slipway:index:Server"


def placed(resources: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """By accessory, the server that ran it, from a stack's resources by URN."""
    return {
        urn.rpartition("::")[2]: resource["outputs"]["server"]
        for urn, resource in resources.items()
        if urn.split("::")[2].rpartition("$")[2] == KIND and "server" in resource["outputs"]
    }


def left_over(settings: Settings, observed: Observed) -> list[str]:
    """Warnings of what goes on running though it is configured no more."""
    application = settings.application
    accessories = [
        f"accessories/{name}: it is configured no more on {server}, where its container and volumes"
        f" stay. Remove the container: `docker rm --force {application.name}-{name}`"
        for server, status in observed.servers.items()
        for name in status.accessories
        if name not in application.accessories or settings.server_of(name) != server
    ]
    servers = [
        f"servers/{server}: it is configured no more, and what runs there goes on running. Remove"
        " its containers there by hand"
        for server in sorted(installed(observed.state) - settings.servers.keys())
    ]
    return accessories + servers


def installed(resources: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The servers in a stack's resources by URN."""
    return {
        urn.rpartition("::")[2] for urn in resources if urn.split("::")[2].endswith(SERVER_KIND)
    }


def check(stack: str, settings: Settings, before: Mapping[str, str]) -> tuple[str, ...]:
    """Volumes stay on their server: an accessory moves only where its `server` setting says so.

    That gives a warning. Raises SettingsError with all accessories that would move only because
    another server is now the first. `before` has the server of each accessory that has run.
    """
    faults, warnings = [], []
    for name, old, new in _moved(settings, before):
        if settings.application.accessories[name].server:
            warnings.append(_left_behind(name, old, new))
        else:
            what = f"its volumes are on `{old}`, and it would start empty on `{new}`"
            faults.append(Fault(_path(name), what, _remedy(settings, old, new)))
    if faults:
        raise SettingsError(stack, faults)
    return tuple(warnings)


def _moved(settings: Settings, before: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Accessories with volumes that would run elsewhere: name, old server and new server."""
    accessories = settings.application.accessories.items()
    places = [
        (name, before[name], settings.server_of(name))
        for name, accessory in accessories
        if accessory.volumes and name in before
    ]
    return [(name, old, new) for name, old, new in places if old != new]


def _path(name: str) -> tuple[str, ...]:
    return ("application", "accessories", name)


def _left_behind(name: str, old: str, new: str) -> str:
    where = "/".join(_path(name))
    return f"{where}: its volumes on `{old}` stay there, and it starts with those on `{new}`"


def _remedy(settings: Settings, old: str, new: str) -> str:
    """The new server may be the old one, renamed: then the data is already there."""
    stay = f"Set its `server` to `{old}` to leave it there"
    if old not in settings.servers:
        stay = f"Put `{old}` back into `servers` and set its `server` to it, to leave it there"
    return f"{stay}, or to `{new}` once its data is there."
