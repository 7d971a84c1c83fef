"""Steps that build images and start them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from shlex import join

from slipway.ci import actions
from slipway.ci.model import Run, Scalar, Step, Use
from slipway.ci.steps import script
from slipway.settings.application import Image


def check(name: str, image: Image, arguments: tuple[str, ...] | None) -> Iterator[Step]:
    """The steps that build an image for this machine and start it."""
    tag = f"{name}:checked"
    yield Use("Set up Buildx", actions.SETUP_BUILDX)
    yield Use(
        "Build",
        actions.DOCKER_BUILD,
        {
            **build_inputs(image),
            "load": True,
            "tags": tag,
            "cache-from": f"type=gha,scope={name}",
        },
    )
    yield start(tag, arguments)


def build_inputs(image: Image) -> dict[str, Scalar]:
    """The build action's inputs for an image, without its version."""
    inputs: dict[str, Scalar] = {
        "context": image.context,
        "file": f"{image.context}/{image.dockerfile}",
    }
    if image.target:
        inputs["target"] = image.target
    if image.arguments:
        inputs["build-args"] = "\n".join(f"{k}={v}" for k, v in image.arguments.items())
    return inputs


def start(image: str, arguments: tuple[str, ...] | None) -> Run:
    """The step that starts an image, and fails if it does not run."""
    if arguments is None:
        return script("Start the image", "start-image", {"IMAGE": image})
    command = f'docker run --rm "$IMAGE" {join(arguments)}'.rstrip()
    return Run("Start the image", command, env={"IMAGE": image}, timeout_minutes=5)


def job_id(name: str) -> str:
    """The id of a job that is named after an image: letters, digits, `-` and `_` only."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")
