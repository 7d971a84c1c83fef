"""What `slipway migrate --again` runs, on a Pulumi that only notes what it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from slipway.cli import slipway
from tests.unit.slipway.pulumi_cli import PulumiCli


@pytest.fixture
def cli(pulumi_cli: PulumiCli) -> PulumiCli:
    Path("Pulumi.live.yaml").write_text("config: {}\n")
    return pulumi_cli


def migrate(*more: str) -> Result:
    return CliRunner().invoke(slipway, ["migrate", "-s", "live", *more])


def test_the_database_gets_another_name_and_an_update_follows(cli: PulumiCli) -> None:
    done = migrate("--again", "--yes")
    assert done.exit_code == 0
    named, updated = cli.changes()
    assert named[:3] == ["config", "set", "database"]
    assert updated[0] == "up"
    assert "migrate again" in updated
    assert f"pulumi config set --stack live database '{named[-1]}'" in done.stdout


def test_without_again_it_says_that_every_update_migrates(cli: PulumiCli) -> None:
    assert "every `pulumi up` runs a migration that has not run" in str(migrate().exception)
    assert cli.changes() == []


def test_it_asks_first(cli: PulumiCli) -> None:
    assert "it cannot ask without a terminal" in str(migrate("--again").exception)
    assert cli.changes() == []
