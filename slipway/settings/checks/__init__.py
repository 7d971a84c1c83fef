"""Checks between settings, each of which is valid by itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from slipway.settings.checks import (
    containers,
    delivery,
    github,
    proxy,
    references,
    servers,
    workflows,
)
from slipway.settings.errors import Fault
from slipway.settings.settings import Settings


def run(settings: Settings, stack: str, folder: Path) -> Iterator[Fault]:
    """Every fault between the settings of `stack`, whose files are found from `folder`."""
    return chain(
        references.faults(settings),
        containers.faults(settings),
        servers.faults(settings),
        proxy.faults(settings),
        delivery.faults(settings, stack, folder),
        workflows.faults(settings),
        github.faults(settings),
    )
