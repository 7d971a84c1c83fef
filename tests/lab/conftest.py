"""The trial that the end-to-end tests share: empty servers, and stacks of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from lab import lifecycle
from lab.workspace import Workspace
from tests.lab.trial import SERVERS, Trial


@pytest.fixture(scope="package")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """Both stacks configured, nothing deployed yet."""
    machines = [server for group in SERVERS.values() for server in group]
    lifecycle.renew(machines)
    trial = Trial(Workspace(tmp_path_factory.mktemp("trial")), secrets.token_hex(4))
    trial.workspace.ensure()
    trial.configure()
    yield trial
    lifecycle.remove(machines)


@pytest.fixture(scope="package")
def staged(trial: Trial) -> Trial:
    """Staging has built and runs v1."""
    done = trial.up("staging", "v1.0.0")
    assert done.returncode == 0, done.stdout + done.stderr
    return trial


@pytest.fixture(scope="package")
def promoted(staged: Trial) -> Trial:
    """Production runs the v1 that staging built."""
    done = staged.up("production", "v1.0.0")
    assert done.returncode == 0, done.stdout + done.stderr
    return staged


@pytest.fixture(scope="package")
def renewed(promoted: Trial) -> Trial:
    """Staging has run v1.1.0 too, so that production may."""
    done = promoted.up("staging", "v1.1.0")
    assert done.returncode == 0, done.stdout + done.stderr
    return promoted


@pytest.fixture
def settled(renewed: Trial) -> Trial:
    """Production runs one of the two releases and has nothing to do, whatever a test left."""
    now, _ = renewed.now_and_next()
    renewed.workspace.configure("production", version=now)
    if not renewed.rests("production", now):
        done = renewed.up("production")
        assert done.returncode == 0, done.stdout + done.stderr
    return renewed
