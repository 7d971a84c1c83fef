"""Images are tagged after the commit and the branch that they come from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from slipway.observe.source import Source, source

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "first")
    return tmp_path


def test_the_source_of_a_folder_inside_a_repository_is_its_commit_and_branch(
    repository: Path,
) -> None:
    (repository / "shop").mkdir()
    assert source(repository / "shop") == Source(git(repository, "rev-parse", "HEAD"), "main")


def test_a_detached_head_has_no_branch(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    assert source(repository) == Source(git(repository, "rev-parse", "HEAD"), "")


@pytest.mark.parametrize("folder", [".", "missing"])
def test_a_folder_outside_any_repository_has_no_source(folder: str, tmp_path: Path) -> None:
    assert source(tmp_path / folder) == Source()


def test_tags_are_the_short_commit_the_branch_and_latest() -> None:
    assert Source(COMMIT, "main").tags("v1") == {
        "sha": "sha-0123456789ab", "branch": "main", "latest": "latest",
    }  # fmt: skip


def test_a_branch_becomes_a_tag_that_docker_accepts() -> None:
    assert Source(branch="-feature/a b#1.").tags("v1")["branch"] == "feature-a-b-1"
    assert len(Source(branch="x" * 300).tags("v1")["branch"]) == 128


def test_without_a_source_only_latest_remains() -> None:
    assert Source().tags("v1") == {"latest": "latest"}


@pytest.mark.parametrize("version", ["main", "latest", "sha-0123456789ab"])
def test_the_version_is_never_a_tag_that_moves(version: str) -> None:
    assert version not in Source(COMMIT, "main").tags(version).values()
