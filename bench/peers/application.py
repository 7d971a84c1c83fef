"""The application that every tool deploys: small, so that only the tools differ."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from lab.engine import docker
from lab.layout import REGISTRY
from toolchain import peers

NAME: Final = "hello"
SOURCE: Final = Path(__file__).parent / NAME
PORT: Final = 8000
BUILD_LIMIT: Final = 120.0  # seconds


def image(version: str) -> str:
    """Where the lab's registry has a version."""
    return f"{REGISTRY}/{NAME}:{version}"


def publish(version: str) -> None:
    """Build a version and push it: versions differ in a variable, as after a change of a line.

    Raises ToolchainError when the program cannot be built, SlipwayError when Docker fails.
    """
    dockerfile = (SOURCE / "Dockerfile").read_text()
    publish_program(NAME, image(version), dockerfile, "--build-arg", f"VERSION={version}")


def publish_program(name: str, reference: str, dockerfile: str, *options: str) -> None:
    """Build an image of one of `toolchain.peers`' programs and push it; raises as `publish`."""
    with tempfile.TemporaryDirectory(prefix=f"slipway-{name}-") as context:
        shutil.copy(peers.program(name), context)
        (Path(context) / "Dockerfile").write_text(dockerfile)
        build = ("build", "--quiet", *options, "--tag", reference, context)
        docker(*build, limit=BUILD_LIMIT)
    docker("push", "--quiet", reference, limit=BUILD_LIMIT)


def definition(**environment: str) -> dict[str, Any]:
    """The application in Slipway's settings."""
    web = {
        "image": NAME,
        "port": PORT,
        "health": {"kind": "http", "path": "/up"},
        "environment": environment,
    }
    return {
        "name": NAME,
        "images": {NAME: {"context": str(SOURCE)}},
        "services": {"web": web},
    }
