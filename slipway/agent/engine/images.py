"""Pull images by digest, verify them, and remove those that no release needs any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional

from slipway.agent.engine.client import Engine, EngineError
from slipway.agent.report import Report
from slipway.errors import SlipwayError
from slipway.protocol.requests import RegistryLogin


def login(registry: RegistryLogin, reference: str) -> Optional[dict[str, Any]]:
    """Credentials for pulling an image, in the engine's format; for their own registry only."""
    if not registry.username or not reference.startswith(f"{registry.address}/"):
        return None
    return {
        "username": registry.username,
        "password": registry.password,
        "serveraddress": registry.address,
    }


def ensure(engine: Engine, reference: str, registry: RegistryLogin, report: Report) -> bool:
    """Pull the image unless the engine has it; True when it was pulled. Raises SlipwayError."""
    if engine.image(reference) is not None:
        return False
    report(f"pulling {reference}")
    try:
        for _ in engine.pull(reference, login(registry, reference)):
            pass
    except EngineError as error:
        raise SlipwayError(
            f"{reference} cannot be pulled: {error.what}",
            remedy="Check that the server can reach the registry, and that it has this digest",
        ) from error
    found = engine.image(reference)
    if found is None or not _has_digest(found, reference):
        raise SlipwayError(
            f"the registry sent another image than {reference}", remedy="Check the registry"
        )
    return True


def _has_digest(image: Mapping[str, Any], reference: str) -> bool:
    digest = reference.partition("@")[2]
    return not digest or any(each.endswith(digest) for each in image.get("RepoDigests") or ())


def forget(engine: Engine, references: Iterable[str], report: Report) -> None:
    """Remove images, except those that a container still uses."""
    for reference in sorted(references):
        if engine.image(reference) is None:
            continue
        report(f"removing image {reference}")
        try:
            engine.delete(f"/images/{reference}")
        except EngineError as error:
            if error.status != 409:
                raise
