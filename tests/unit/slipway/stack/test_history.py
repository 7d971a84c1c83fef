"""Which update of a stack's history a rollback takes, and what it re-applies."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.errors import SlipwayError
from slipway.stack.history import Update, read, rollback_target
from slipway.stack.workspace import open_stack
from tests.unit.slipway import pulumi_cli as double
from tests.unit.slipway.pulumi_cli import PulumiCli


def entry(version: str, result: str = "succeeded", kind: str = "update", **keys: Any) -> Any:
    """An update that took 20 s, of a stack with a secret and a server."""
    values = {"shop:version": version, "shop:servers": {}}
    values |= {f"shop:{key}": value for key, value in keys.items()}
    made = double.entry(values, kind=kind, result=result, environment={"git.author": "ann"})
    made["config"]["shop:secrets"] = {"secret": True}
    return made


@pytest.fixture
def history(pulumi_cli: PulumiCli) -> Any:
    """What is read of a history, newest first."""

    def history(*entries: Any) -> list[Update]:
        pulumi_cli.history = list(entries)
        return read(open_stack("live"))

    return history


def test_the_whole_history_is_read_and_no_secret_is_asked_for(history: Any) -> None:
    updates = history(*(entry(f"v{number}") for number in range(25)))
    assert [update.version for update in updates] == [f"v{number}" for number in range(25)]


def test_an_update_tells_its_version_its_time_and_who_made_it(history: Any) -> None:
    (update,) = history(entry("v1"))
    assert (update.version, update.duration.total_seconds(), update.actor) == ("v1", 20, "ann")
    assert update.started.isoformat() == "2026-11-21T05:00:00+00:00"


@pytest.mark.parametrize(
    ("environment", "actor"),
    [
        ({"git.author": "ann", "ci.system": "GitHub Actions"}, "ann"),
        ({"git.author": "", "git.committer": "bob"}, "bob"),
        ({"exec.kind": "cli", "ci.system": "GitHub Actions"}, "GitHub Actions"),
        ({"exec.kind": "cli"}, ""),
        (None, ""),
    ],
)
def test_the_actor_is_the_best_that_pulumi_knows(
    history: Any, environment: Any, actor: str
) -> None:
    (update,) = history({**entry("v1"), "environment": environment})
    assert update.actor == actor


def test_no_secret_and_no_server_is_part_of_a_release(history: Any) -> None:
    (update,) = history(entry("v1", overrides={"a": 1}))
    assert update.release == {"version": "v1", "overrides": {"a": 1}}


def test_a_release_key_that_holds_a_secret_is_left_out(history: Any) -> None:
    secret = entry("v1")
    secret["config"]["shop:overrides"] = {"secret": True}
    (update,) = history(secret)
    assert update.release == {"version": "v1"}


@pytest.mark.parametrize(
    ("updates", "target"),
    [
        ([entry("v2"), entry("v1")], "v1"),
        ([entry("v2"), entry("v2"), entry("v1")], "v1"),
        ([entry("v3", "failed"), entry("v2"), entry("v1")], "v2"),
        ([entry("v2"), entry("v3", "failed"), entry("v1")], "v1"),
        ([entry("v2"), entry("v9", kind="destroy"), entry("v1")], "v1"),
        ([entry("v1"), entry("v2"), entry("v1")], "v2"),
    ],
)
def test_a_rollback_takes_the_last_success_of_another_release(
    history: Any, updates: list[Any], target: str
) -> None:
    assert rollback_target(history(*updates)).version == target


def test_the_same_version_with_another_definition_is_another_release(history: Any) -> None:
    found = rollback_target(history(entry("v1", application={"a": 2}), entry("v1")))
    assert found.release == {"version": "v1"}


def test_after_an_update_that_was_cut_off_the_last_success_is_meant(history: Any) -> None:
    """Whether the history has the update that was cut off, or, with a file backend, has not."""
    there = history(entry("v3", "failed"), entry("v2"), entry("v1"))
    again = history(entry("v2", "failed"), entry("v2"), entry("v1"))
    missing = history(entry("v2"), entry("v1"))
    for known in (there, again, missing):
        assert rollback_target(known, interrupted=True).version == "v2"
    assert rollback_target(missing, "v1", interrupted=True).version == "v1"


def test_a_named_version_is_taken_where_it_last_succeeded(history: Any) -> None:
    done = history(entry("v3"), entry("v1", "failed"), entry("v2"), entry("v1", overrides={"a": 1}))
    assert rollback_target(done, "v1").release["overrides"] == {"a": 1}


@pytest.mark.parametrize("version", [None, "v9"])
def test_without_a_target_the_versions_that_succeeded_are_named(
    history: Any, version: str | None
) -> None:
    with pytest.raises(SlipwayError, match="Versions that succeeded: v1"):
        rollback_target(history(entry("v1"), entry("v1")), version)


def test_an_update_that_still_runs_has_no_end_and_no_success(history: Any) -> None:
    running = entry("v1", "in-progress")
    del running["endTime"]
    (update,) = history(running)
    assert (update.succeeded, update.duration.total_seconds()) == (False, 0)


def test_a_value_that_is_no_json_is_told_as_it_stands(history: Any) -> None:
    (update,) = history(entry("1.10", "failed", overrides="web: 2"))
    assert update.release == {"version": "1.10", "overrides": "web: 2"}
