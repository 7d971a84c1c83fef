"""Where images come from: builds, promotion and the registry's login."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from slipway.settings.errors import Fault
from slipway.settings.settings import Settings


def faults(settings: Settings, stack: str, folder: Path) -> Iterator[Fault]:
    """Faults of building, promoting and logging in to the registry."""
    return chain(_promotion(settings, stack), _sources(settings, folder), _login(settings))


def _promotion(settings: Settings, stack: str) -> Iterator[Fault]:
    if settings.promote_from is None:
        return
    if settings.build:
        what = "cannot be true with `promote_from`, which builds no images"
        yield Fault(("build",), what, "Remove one of the two.")
    if settings.promote_from == stack:
        yield Fault(
            ("promote_from",),
            "is this stack itself",
            "Name the stack that releases are promoted from.",
        )


def _sources(settings: Settings, folder: Path) -> Iterator[Fault]:
    if not settings.builds:
        return
    for name, image in settings.application.images.items():
        file = Path(image.context, image.dockerfile)
        if not (folder / file).is_file():
            remedy = f"`context` is relative to {folder}, and `dockerfile` to `context`."
            yield Fault(("application", "images", name), f"there is no file {file}", remedy)


def _login(settings: Settings) -> Iterator[Fault]:
    username, password = settings.registry.username, settings.registry.password
    if username is not None and password is None:
        remedy = "Name an entry of `secrets`, or remove `username`."
        yield Fault(("registry", "password"), "is required with `username`", remedy)
    if password is not None and username is None:
        remedy = "Name the user of the registry, or remove `password`."
        yield Fault(("registry", "username"), "is required with `password`", remedy)
