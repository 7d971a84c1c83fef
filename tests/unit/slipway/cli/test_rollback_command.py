"""What `slipway rollback` runs, on a Pulumi that only notes what it is told."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from slipway import pulumi
from slipway.cli import slipway


def update(version: str, application: Any) -> dict[str, Any]:
    """One entry of the history."""
    return {
        "kind": "update",
        "result": "succeeded",
        "startTime": "2026-11-21T05:00:00.000Z",
        "config": {
            "shop:version": {"value": version},
            "shop:application": {"value": "{}", "objectValue": application},
        },
    }


class Recorder:
    """Stands for Pulumi: answers from a fixed history, notes the runs and what they were given."""

    def __init__(self) -> None:
        self.history = [update("v2", {"name": "new"}), update("v1", {"name": "old"})]
        self.current: Any = {"name": "old"}
        self.codes = {"up": 0, "config": 0}
        self.runs: list[tuple[str, ...]] = []
        self.applied: dict[str, Any] = {}
        self.modes: tuple[int, ...] = ()
        self.pending: list[Any] = []
        self.record: Any = {"v1": {"web": "shop@sha256:1", "worker": "shop@sha256:1"}}

    def ask(self, *arguments: str) -> Any:
        if arguments[:2] == ("stack", "history"):
            return self.history
        if arguments[:2] == ("stack", "export"):
            kept = {"urn": "urn::old-releases", "outputs": {"stdout": json.dumps(self.record)}}
            return {"deployment": {"resources": [kept], "pending_operations": self.pending}}
        return {"shop:application": {"value": "{}", "objectValue": self.current}}

    def run(self, *arguments: str) -> int:
        self.runs.append(arguments)
        if arguments[0] == "up":
            file = Path(arguments[arguments.index("--config-file") + 1])
            self.applied = yaml.safe_load(file.read_text())["config"]
            self.modes = tuple(stat.S_IMODE(it.stat().st_mode) for it in (file.parent, file))
        return self.codes[arguments[0]]


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """A project at v2 whose secret and servers are newer than v1."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    config = {"shop:version": "v2", "shop:secrets": {"KEY": {"secure": "current"}}}
    (tmp_path / "Pulumi.live.yaml").write_text(yaml.safe_dump({"config": config}))
    monkeypatch.chdir(tmp_path)
    found = Recorder()
    monkeypatch.setattr(pulumi, "ask", found.ask)
    monkeypatch.setattr(pulumi, "run", found.run)
    return found


@pytest.fixture
def rollback(recorder: Recorder) -> Callable[..., Result]:
    """The command, called as a script would."""
    return lambda *more: CliRunner().invoke(slipway, ["rollback", "-s", "live", *more])


def test_the_old_release_is_applied_with_the_secrets_of_today(
    recorder: Recorder, rollback: Callable[..., Result]
) -> None:
    assert rollback("--yes", "-m", "slow").exit_code == 0
    assert recorder.applied == {
        "shop:version": "v1",
        "shop:application": {"name": "old"},
        "shop:secrets": {"KEY": {"secure": "current"}},
    }
    assert recorder.runs[0][-2:] == ("--message", "rollback to v1: slow")


@pytest.mark.parametrize(
    ("record", "lines"),
    [({"v1": {"web": "shop@sha256:1", "worker": "shop@sha256:1"}}, 1), ({"v0": {"web": "x"}}, 0)],
)
def test_it_tells_the_digests_that_it_goes_back_to_before_anything_runs(
    recorder: Recorder, rollback: Callable[..., Result], record: Any, lines: int
) -> None:
    recorder.record = record
    said = rollback().stdout  # without --yes it ends here
    assert "live: v2 (succeeded) -> v1, as applied 2026-11-21 05:00 UTC" in said
    assert said.count("  shop@sha256:1 (web, worker)\n") == lines


def test_a_stack_file_without_configuration_gets_the_release(
    recorder: Recorder, rollback: Callable[..., Result]
) -> None:
    for empty in ("", "config:\n", "encryptionsalt: x\n"):
        pulumi.stack_file("live").write_text(empty)
        assert rollback("--yes").exit_code == 0
        assert recorder.applied["shop:version"] == "v1"


def test_what_is_applied_is_readable_by_its_owner_only_and_then_gone(
    recorder: Recorder, rollback: Callable[..., Result]
) -> None:
    rollback("--yes")
    up = recorder.runs[0]
    assert recorder.modes == (0o700, 0o600)
    assert not Path(up[up.index("--config-file") + 1]).exists()


def test_the_stack_file_then_names_the_old_version(
    recorder: Recorder, rollback: Callable[..., Result]
) -> None:
    rollback("--yes")
    assert recorder.runs[1:] == [("config", "set", "--stack", "live", "version", "v1")]


def test_a_failed_update_leaves_the_stack_file_alone_and_its_exit_code_is_the_commands(
    recorder: Recorder, rollback: Callable[..., Result]
) -> None:
    recorder.codes["up"] = 255
    done = rollback("--yes")
    assert done.exit_code == 255
    assert "keep it: pulumi config set --stack live version v1" in done.stderr
    assert [run[0] for run in recorder.runs] == ["up"]


def test_an_update_that_was_cut_off_counts_as_the_one_to_go_back_from(
    recorder: Recorder, rollback: Callable[..., Result]
) -> None:
    recorder.pending = [{"type": "creating"}]
    rollback("--yes")
    assert recorder.runs[1:] == [("config", "set", "--stack", "live", "version", "v2")]


def test_a_stack_file_that_could_not_be_changed_is_no_success(
    recorder: Recorder, rollback: Callable[..., Result]
) -> None:
    recorder.codes["config"] = 3
    assert rollback("--yes").exit_code == 3


@pytest.mark.parametrize(("current", "warned"), [({"name": "old"}, False), ({"name": "new"}, True)])
def test_a_definition_that_differs_from_the_files_is_pointed_out(
    recorder: Recorder, rollback: Callable[..., Result], current: Any, warned: bool
) -> None:
    recorder.current = current
    assert ("warning: application" in rollback("--yes").stderr) is warned


def test_nothing_runs_without_a_confirmation(
    recorder: Recorder, rollback: Callable[..., Result]
) -> None:
    assert "nobody is there to confirm" in str(rollback().exception)
    assert recorder.runs == []


def test_a_stack_that_was_never_deployed_has_nothing_to_go_back_to(
    recorder: Recorder, rollback: Callable[..., Result]
) -> None:
    recorder.history = []
    assert "nothing was ever deployed" in str(rollback("--yes").exception)
