from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.release.state import State


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store(tmp_path / ".slipway" / "shop")
    found.prepare()
    return found


def test_nobody_else_can_read_what_is_kept(store: Store) -> None:
    store.keep(State(epoch=1))
    store.append({"action": "stage"})
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    for name in ("state.json", "journal.jsonl"):
        assert stat.S_IMODE((store.folder / name).stat().st_mode) == 0o600


def test_a_server_without_a_state_is_an_empty_one(store: Store) -> None:
    assert store.state() == State()


def test_a_state_comes_back_as_it_was_kept(store: Store) -> None:
    store.keep(State(epoch=7))
    assert store.state() == State(epoch=7)
    assert [each.name for each in store.folder.iterdir()] == ["state.json"]


def test_a_state_that_cannot_be_read_names_its_file(store: Store) -> None:
    (store.folder / "state.json").write_text('{"format": 1, "ep')
    with pytest.raises(SlipwayError, match=r"state\.json: cannot be read"):
        store.state()


def test_the_journal_has_one_line_for_each_entry(store: Store) -> None:
    store.append({"action": "stage"})
    store.append({"action": "switch"})
    lines = (store.folder / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["stage", "switch"]


def test_an_entry_after_half_a_line_has_a_line_of_its_own(store: Store) -> None:
    (store.folder / "journal.jsonl").write_text('{"action": "sta')
    store.append({"action": "switch"})
    half, whole = (store.folder / "journal.jsonl").read_text().splitlines()
    assert (half, json.loads(whole)) == ('{"action": "sta', {"action": "switch"})


def test_half_a_line_is_no_entry(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda _, line: len(line) // 2)
    with pytest.raises(OSError, match="No space left"):
        store.append({"action": "stage"})


def test_the_journal_does_not_grow_for_ever(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.agent.store.JOURNAL_BYTES", 50)
    for number in range(20):
        store.append({"action": f"action {number}"})
    sizes = [path.stat().st_size for path in store.folder.glob("journal*")]
    assert len(sizes) == 2
    assert max(sizes) < 100
