"""An application that nobody here wrote: it refuses to start on an older or an empty schema.

The tests of this file are steps of one story: `examples/notes` with one migration more in each
release, two replicas on each of three servers.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from lab import lifecycle
from lab.layout import find
from lab.load import Load
from lab.workspace import REPOSITORY, Workspace
from tests.lab.trial import address
from toolchain import peers

SOURCE: Final = REPOSITORY / "examples" / "notes"
SERVERS: Final = [find(f"production-{number}") for number in (10, 11, 12)]
STACK: Final = "staging"  # it builds its images
RATE: Final = 50  # requests a second to each server
APPLICATION: Final[dict[str, Any]] = {
    "name": "notes",
    "services": {
        "web": {
            "image": "notes",
            "port": 8000,
            "replicas": 2,
            "health": {"kind": "http", "path": "/version", "deadline": "30s"},
            "environment": {"PGSSLMODE": "disable"},
            "secrets": ["DATABASE_URL"],
        }
    },
    "accessories": {
        "postgres": {
            "image": "10.88.0.2:5000/postgres:15",
            "port": 5432,
            "environment": {"POSTGRES_USER": "shop"},
            "secrets": ["POSTGRES_PASSWORD"],
            "volumes": {"data": "/var/lib/postgresql/data"},
            "health": {"kind": "postgres"},
        }
    },
    "migration": {"service": "web", "command": ["migrate"]},
    "setup": {"service": "web", "command": ["create-admin", "ann"]},
}


@dataclass(frozen=True)
class Notes:
    """The stack of the application, and its releases."""

    workspace: Workspace
    suffix: str

    def version(self, number: int) -> str:
        """A version that no other run of the tests has."""
        return f"v{number}.0.0-{self.suffix}"

    def context(self, number: int) -> Path:
        """The build context of a release with so many migrations."""
        folder = self.workspace.root / f"notes-{number}"
        migrations = folder / "migrations"
        migrations.mkdir(parents=True, exist_ok=True)
        for file in sorted((SOURCE / "migrations").iterdir())[:number]:
            shutil.copy(file, migrations)
        shutil.copy(SOURCE / "Dockerfile", folder)
        shutil.copy(peers.program("notes"), folder)
        return folder

    def up(self, number: int) -> subprocess.CompletedProcess[str]:
        """Deploy a release, whatever comes of it."""
        images = {"notes": {"context": str(self.context(number))}}
        self.workspace.configure(
            STACK,
            version=self.version(number),
            application={**APPLICATION, "images": images},
            servers={each.name: address(each) for each in SERVERS},
            rollout={"bake": "1s"},
        )
        return self.workspace.attempt("up", "--stack", STACK, "--yes", "--skip-preview")

    def serves(self, number: int) -> bool:
        """Whether every server serves that release."""
        wanted = {"version": self.version(number), "schema": number}
        return [asked(each.address, "version") for each in SERVERS] == [wanted] * len(SERVERS)


def asked(host: str, path: str) -> Any:
    return httpx.get(f"http://{host}/{path}", timeout=5).raise_for_status().json()


def administrators() -> int:
    """How often the set-up has run."""
    return int(asked(SERVERS[-1].address, "administrators"))


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notes]:
    """Empty servers."""
    lifecycle.renew(SERVERS)
    notes = Notes(Workspace(tmp_path_factory.mktemp("notes")), secrets.token_hex(4))
    notes.workspace.ensure()
    yield notes
    lifecycle.remove(SERVERS)


def test_a_first_deployment_migrates_an_empty_database_and_sets_it_up(notes: Notes) -> None:
    done = notes.up(1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert notes.serves(1)
    assert administrators() == 1


@pytest.mark.parametrize("number", [2, 3])
def test_an_update_migrates_before_its_containers_and_fails_no_request(
    notes: Notes, number: int
) -> None:
    with Load([each.address for each in SERVERS], rate=RATE) as load:
        done = notes.up(number)
    assert done.returncode == 0, done.stdout + done.stderr
    assert load.failures == []
    assert load.versions.keys() == {notes.version(number - 1), notes.version(number)}
    assert notes.serves(number)
    assert administrators() == 1


def test_the_way_back_migrates_nothing(notes: Notes) -> None:
    done = notes.up(2)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "migration: running" not in done.stdout
    assert notes.serves(2)
    again = notes.workspace.attempt("preview", "--stack", STACK, "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr
