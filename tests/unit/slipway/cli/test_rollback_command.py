"""What `slipway rollback` runs, on a Pulumi that only notes what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from slipway.cli import slipway
from tests.unit.slipway.pulumi_cli import PulumiCli, configuration, entry

KEEP = ["config", "set", "version", "--plaintext", "--stack", "live", "--non-interactive", "--"]

Rollback = Callable[..., Result]


def update(version: str, name: str) -> dict[str, Any]:
    """A successful one of a small application."""
    return entry({"shop:version": version, "shop:application": {"name": name}})


def recorded(images: Any) -> dict[str, Any]:
    """A state whose release log has `images`."""
    log = {"urn": "urn::old-releases", "outputs": {"stdout": json.dumps(images)}}
    return {"resources": [log]}


@pytest.fixture
def cli(pulumi_cli: PulumiCli) -> PulumiCli:
    """A project at v2 whose secret and servers are newer than v1."""
    pulumi_cli.history = [update("v2", "new"), update("v1", "old")]
    pulumi_cli.config = configuration({"shop:application": {"name": "old"}})
    pulumi_cli.state = recorded({"v1": {"web": "shop@sha256:1", "worker": "shop@sha256:1"}})
    config = {"shop:version": "v2", "shop:secrets": {"KEY": {"secure": "current"}}}
    Path("Pulumi.live.yaml").write_text(yaml.safe_dump({"config": config}))
    return pulumi_cli


@pytest.fixture
def rollback(cli: PulumiCli) -> Rollback:
    """The command, called as a script would."""
    return lambda *more: CliRunner().invoke(slipway, ["rollback", "-s", "live", *more])


def test_the_old_release_is_applied_with_the_secrets_of_today(
    cli: PulumiCli, rollback: Rollback
) -> None:
    assert rollback("--yes", "-m", "slow").exit_code == 0
    assert cli.applied == {
        "shop:version": "v1",
        "shop:application": {"name": "old"},
        "shop:secrets": {"KEY": {"secure": "current"}},
    }
    assert cli.changes()[0][3:5] == ["--message", "rollback to v1: slow"]


@pytest.mark.parametrize(
    ("images", "lines"),
    [({"v1": {"web": "shop@sha256:1", "worker": "shop@sha256:1"}}, 1), ({"v0": {"web": "x"}}, 0)],
)
def test_it_tells_the_digests_that_it_goes_back_to_before_anything_runs(
    cli: PulumiCli, rollback: Rollback, images: Any, lines: int
) -> None:
    cli.state = recorded(images)
    said = rollback().stdout  # without --yes it ends here
    assert "live: v2 (succeeded) -> v1, as applied 2026-11-21 05:00 UTC" in said
    assert said.count("  shop@sha256:1 (web, worker)\n") == lines


@pytest.mark.parametrize("empty", ["", "config:\n", "encryptionsalt: x\n"])
def test_a_stack_file_without_configuration_gets_the_release(
    cli: PulumiCli, rollback: Rollback, empty: str
) -> None:
    Path("Pulumi.live.yaml").write_text(empty)
    assert rollback("--yes").exit_code == 0
    assert cli.applied["shop:version"] == "v1"


def test_the_stack_file_then_names_the_old_version(cli: PulumiCli, rollback: Rollback) -> None:
    rollback("--yes")
    assert [run[0] for run in cli.changes()] == ["up", "config"]
    assert cli.changes()[1] == [*KEEP, "v1"]


def test_a_failed_update_leaves_the_stack_file_alone_and_says_how_to_change_it(
    cli: PulumiCli, rollback: Rollback
) -> None:
    cli.failing = {"up"}
    done = rollback("--yes")
    assert done.exit_code == 1
    assert str(done.exception).startswith("live: the update failed, see above. ")
    assert str(done.exception).endswith("pulumi config set --stack live version v1")
    assert [run[0] for run in cli.changes()] == ["up"]


def test_an_update_that_was_cut_off_counts_as_the_one_to_go_back_from(
    cli: PulumiCli, rollback: Rollback
) -> None:
    cli.state = {"pending_operations": [{"type": "creating"}]}
    rollback("--yes")
    assert cli.changes()[1] == [*KEEP, "v2"]


def test_a_stack_file_that_could_not_be_changed_is_no_success(
    cli: PulumiCli, rollback: Rollback
) -> None:
    cli.failing = {"config set"}
    done = rollback("--yes")
    assert done.exit_code == 1
    assert str(done.exception) == (
        "live: v1 runs, but the stack file could not be changed: read-only file system."
        " Before the next `pulumi up`: pulumi config set --stack live version v1"
    )


@pytest.mark.parametrize(
    ("now", "warned"),
    [
        ({"application": {"name": "old"}}, ""),
        ({"application": {"name": "new"}}, "application"),
        ({}, "application"),
        ({"application": {"name": "new"}, "overrides": {"a": 1}}, "application and overrides"),
    ],
)
def test_a_definition_that_differs_from_the_files_is_pointed_out(
    cli: PulumiCli, rollback: Rollback, now: dict[str, Any], warned: str
) -> None:
    cli.config = configuration({f"shop:{key}": value for key, value in now.items()})
    said = rollback("--yes").stderr
    assert said.startswith(f"warning: {warned} in the project's files") if warned else said == ""


def test_nothing_runs_without_a_confirmation(cli: PulumiCli, rollback: Rollback) -> None:
    assert "it cannot ask without a terminal" in str(rollback().exception)
    assert cli.changes() == []


def test_a_stack_that_was_never_deployed_has_nothing_to_go_back_to(
    cli: PulumiCli, rollback: Rollback
) -> None:
    cli.history = []
    assert "its history has no update" in str(rollback("--yes").exception)
