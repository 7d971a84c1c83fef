"""What a rollback re-applies, and what of it stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slipway.errors import SlipwayError
from slipway.stack.history import Update
from slipway.stack.updates import keep_version, reapplied, reapply
from slipway.stack.workspace import open_stack, stack_file
from tests.unit.slipway.pulumi_cli import PulumiCli

TARGET = Update(
    "update",
    "succeeded",
    datetime(2026, 11, 21, tzinfo=UTC),
    timedelta(seconds=20),
    "",
    "",
    {"version": "v1", "application": {"name": "shop"}},
)


def test_only_the_release_keys_of_a_stack_file_change() -> None:
    content = {
        "encryptionsalt": "salt",
        "config": {
            "shop:version": "v2",
            "shop:overrides": {"new": True},
            "shop:servers": {"one": {}},
            "other:version": "kept",
        },
    }
    assert reapplied(content, TARGET, "shop") == {
        "encryptionsalt": "salt",
        "config": {
            "shop:servers": {"one": {}},
            "other:version": "kept",
            "shop:version": "v1",
            "shop:application": {"name": "shop"},
        },
    }


@pytest.fixture
def content(pulumi_cli: PulumiCli) -> str:
    """The stack file before, in the project's folder."""
    text = "config:\n  shop:version: v2\n"
    Path("Pulumi.live.yaml").write_text(text)
    return text


def test_an_update_runs_without_a_preview_and_is_shown_as_it_runs(
    pulumi_cli: PulumiCli, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reapply(open_stack("live"), TARGET, "too slow")
    (command,) = pulumi_cli.changes()
    assert command[:5] == ["up", "--yes", "--skip-preview", "--message", "too slow"]
    assert capsys.readouterr().out == "Updating (live)\n"
    assert stack_file("live").read_text() == content


def test_what_is_applied_is_readable_by_its_owner_only_and_then_gone(
    pulumi_cli: PulumiCli, content: str
) -> None:
    reapply(open_stack("live"), TARGET, "too slow")
    assert pulumi_cli.modes == (0o700, 0o600)
    assert not pulumi_cli.applied_from.exists()


def test_a_failed_update_is_an_error_whose_reason_was_shown(
    pulumi_cli: PulumiCli, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi_cli.failing = {"up"}
    with pytest.raises(SlipwayError, match=r"^live: the update failed, see above$"):
        reapply(open_stack("live"), TARGET, "too slow")
    assert capsys.readouterr().err == "error: update failed\n"


def test_the_version_is_written_in_plain_text(pulumi_cli: PulumiCli) -> None:
    keep_version(open_stack("live"), "v1")
    assert pulumi_cli.commands == [
        [
            *("config", "set", "version", "--plaintext", "--stack", "live"),
            *("--non-interactive", "--", "v1"),
        ]
    ]
