"""A project's files say enough to write its workflows: no login, no secret, no server."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.ci.project import read
from slipway.settings import SettingsError

PROJECT = """
name: delivery
runtime: python
config:
  version: {type: string}
  delivery:application:
    value: {name: shop, images: {shop: {}}, services: {web: {image: shop}}}
  delivery:workflows: {value: {ci: {python: {}}}}
"""
STACK = """
config:
  delivery:registry: {address: ghcr.io/acme}
  delivery:overrides: {images: {worker: {}}}
  delivery:secrets: {PASSWORD: {secure: AAABAL}}
  aws:region: eu-central-1
"""


def test_the_stacks_keys_are_laid_over_the_projects(tmp_path: Path) -> None:
    found = read(project(tmp_path), "live")
    assert sorted(found.application.images) == ["shop", "worker"]
    assert found.registry.address == "ghcr.io/acme"
    assert found.workflows
    assert found.workflows.ci.python


def test_every_fault_is_told_with_its_place(tmp_path: Path) -> None:
    changed = STACK + "  delivery:workflows: {ci: {pyton: {}}, branch: a b}\n"
    with pytest.raises(SettingsError) as told:
        read(project(tmp_path, changed), "live")
    assert [fault.path for fault in told.value.faults] == [
        ("workflows", "branch"),
        ("workflows", "ci", "pyton"),
    ]
    assert "Did you mean `python`?" in str(told.value)


def project(folder: Path, stack: str = STACK) -> Path:
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "Pulumi.live.yaml").write_text(stack)
    return folder
