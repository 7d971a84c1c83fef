"""A project's folder for every test of GitHub as code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.slipway.settings import sample


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sample.project(tmp_path)
