"""A project with a stack `live`, in which commands run, and the Pulumi that they talk to."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.stack import workspace
from tests.unit.slipway.pulumi_cli import PulumiCli, configuration
from tests.unit.slipway.settings import sample


@pytest.fixture
def pulumi_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PulumiCli:
    """Pulumi in the folder of the project `shop`, with valid settings, on 80 columns."""
    (sample.project(tmp_path) / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    cli = PulumiCli()
    cli.config = configuration({f"shop:{key}": value for key, value in sample.VALID.items()})
    monkeypatch.setattr(workspace, "Cli", lambda: cli)
    return cli
