"""Which update of a stack's history a rollback takes, and what it re-applies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from slipway.errors import SlipwayError
from slipway.history import Update, parse, reapplied, rollback_target


def entry(version: str, result: str = "succeeded", kind: str = "update", **keys: Any) -> Any:
    """One entry as `pulumi stack history --json` prints it."""
    config: dict[str, Mapping[str, Any]] = {
        "slipway:version": {"value": version, "secret": False},
        "slipway:secrets": {"secret": True},
        "slipway:servers": {"value": "{}", "objectValue": {}, "secret": False},
    }
    for key, value in keys.items():
        config[f"slipway:{key}"] = {"value": str(value), "objectValue": value, "secret": False}
    return {
        "kind": kind,
        "result": result,
        "message": f"to {version}",
        "startTime": "2026-11-21T05:00:00.000Z",
        "endTime": "2026-11-21T05:00:20.000Z",
        "environment": {"git.author": "ann"},
        "config": config,
    }


def history(*entries: Any) -> list[Update]:
    """Newest first."""
    return parse(entries, "slipway")


def test_an_update_tells_its_version_its_time_and_who_made_it() -> None:
    (update,) = history(entry("v1"))
    assert (update.version, update.duration.total_seconds(), update.actor) == ("v1", 20, "ann")


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
def test_the_actor_is_the_best_that_pulumi_knows(environment: Any, actor: str) -> None:
    (update,) = history({**entry("v1"), "environment": environment})
    assert update.actor == actor


def test_no_secret_and_no_server_is_part_of_a_release() -> None:
    (update,) = history(entry("v1", overrides={"a": 1}))
    assert update.release == {"version": "v1", "overrides": {"a": 1}}


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
    updates: list[Any], target: str
) -> None:
    assert rollback_target(history(*updates)).version == target


def test_the_same_version_with_another_definition_is_another_release() -> None:
    found = rollback_target(history(entry("v1", application={"a": 2}), entry("v1")))
    assert found.release == {"version": "v1"}


def test_after_an_update_that_was_cut_off_the_last_success_is_meant() -> None:
    """Whether the history has the update that was cut off, or, with a file backend, has not."""
    there = history(entry("v3", "failed"), entry("v2"), entry("v1"))
    again = history(entry("v2", "failed"), entry("v2"), entry("v1"))
    missing = history(entry("v2"), entry("v1"))
    for known in (there, again, missing):
        assert rollback_target(known, cut_off=True).version == "v2"
    assert rollback_target(missing, "v1", cut_off=True).version == "v1"


def test_a_named_version_is_taken_where_it_last_succeeded() -> None:
    done = history(entry("v3"), entry("v1", "failed"), entry("v2"), entry("v1", overrides={"a": 1}))
    assert rollback_target(done, "v1").release["overrides"] == {"a": 1}


@pytest.mark.parametrize("version", [None, "v9"])
def test_without_a_target_the_versions_that_succeeded_are_named(version: str | None) -> None:
    with pytest.raises(SlipwayError, match="Versions that succeeded: v1"):
        rollback_target(history(entry("v1"), entry("v1")), version)


def test_only_the_release_keys_of_a_stack_file_change() -> None:
    content = {
        "encryptionsalt": "salt",
        "config": {
            "slipway:version": "v2",
            "slipway:overrides": {"new": True},
            "slipway:servers": {"one": {}},
            "other:version": "kept",
        },
    }
    (target,) = history(entry("v1", application={"name": "shop"}))
    assert reapplied(content, target, "slipway") == {
        "encryptionsalt": "salt",
        "config": {
            "slipway:servers": {"one": {}},
            "other:version": "kept",
            "slipway:version": "v1",
            "slipway:application": {"name": "shop"},
        },
    }
