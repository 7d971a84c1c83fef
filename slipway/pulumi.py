"""The Pulumi command line, run in the folder that the person is in."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from slipway.errors import SlipwayError

TIMEOUT = 60.0  # seconds for a command that changes nothing


def project_file() -> Path:
    """The nearest Pulumi.yaml from here upwards, as Pulumi finds it. Raises SlipwayError."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder / "Pulumi.yaml"
    raise SlipwayError(
        "there is no Pulumi.yaml", where=str(here), remedy="Change to the project's folder"
    )


def project_name() -> str:
    """The project's name, which is the namespace of its configuration."""
    return str(read(project_file())["name"])


def read(file: Path) -> dict[str, Any]:
    """The object in a project or stack file; by libyaml, which is ten times as quick as Python."""
    content: dict[str, Any] = yaml.load(file.read_text(), yaml.CSafeLoader) or {}
    return content


def stack_file(stack: str) -> Path:
    """The stack's configuration. Raises SlipwayError for a stack that has none."""
    path = project_file().with_name(f"Pulumi.{stack}.yaml")
    if not path.is_file():
        raise SlipwayError("there is no such stack file", where=str(path), remedy="Check --stack")
    return path


def ask(*arguments: str) -> Any:
    """What a command that prints JSON and changes nothing says. Raises SlipwayError."""
    try:
        done = subprocess.run(
            ["pulumi", "--non-interactive", *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        raise SlipwayError("pulumi is not installed", remedy="make setup") from None
    except subprocess.TimeoutExpired:
        raise SlipwayError(f"no answer in {TIMEOUT:g} s", where="pulumi") from None
    if done.returncode:
        said = done.stderr.strip().removeprefix("error: ")
        raise SlipwayError(said, where=f"pulumi {' '.join(arguments[:2])}")
    return json.loads(done.stdout)


def run(*arguments: str) -> int:
    """Run a command that changes things, with its output shown as it comes; its exit code."""
    return subprocess.run(["pulumi", *arguments], check=False).returncode
