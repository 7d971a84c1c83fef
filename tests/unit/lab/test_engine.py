from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lab import engine, folders, packages
from slipway.errors import SlipwayError


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_an_engine_that_refuses_the_labs_registry_is_answered_with_the_line_to_add(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packages, "require", lambda *programs: None)
    monkeypatch.setattr(engine, "running", lambda: True)
    registries = json.dumps({"InsecureRegistryCIDRs": ["127.0.0.0/8"]})
    monkeypatch.setattr(engine, "docker", lambda *arguments: registries)
    with pytest.raises(SlipwayError) as raised:
        engine.ensure()
    assert raised.value.where == "/etc/docker/daemon.json"
    assert '"insecure-registries": ["10.88.0.0/24"]' in raised.value.remedy


def test_an_engine_that_the_lab_did_not_start_is_not_stopped() -> None:
    assert engine.started_here() is None
    assert engine.stop() is False


def test_a_process_id_that_now_belongs_to_another_program_is_not_the_engine() -> None:
    (folders.state() / "dockerd.pid").write_text(str(os.getpid()))
    assert engine.started_here() is None
