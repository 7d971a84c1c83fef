from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from slipway.agent.state.accessories import Note
from slipway.agent.state.lock import Lock
from slipway.agent.state.store import FORMAT, Store
from slipway.errors import SlipwayError
from slipway.protocol.answers import IncidentReport
from slipway.rollout.state import State
from tests.unit.slipway.protocol import samples


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


def test_a_file_carries_the_number_of_its_format(store: Store) -> None:
    store.keep(State(epoch=7))
    kept = json.loads((store.folder / "state.json").read_text())
    assert (kept["format"], kept["content"]["epoch"]) == (5, 7)


@pytest.mark.parametrize("text", ['{"format": 5, "ep', "", "\xff"])
def test_a_state_that_cannot_be_read_names_its_file(text: str, store: Store) -> None:
    (store.folder / "state.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(SlipwayError, match=r"state\.json: cannot be read"):
        store.state()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"format": 3, "content": {}}', "3"),
        ('{"format": 6, "content": {}}', "6"),
        ('{"format": "5", "content": {}}', "5"),
        ('{"epoch": 7}', "None"),
        ("[]", "None"),
        ("null", "None"),
    ],
)
def test_a_state_of_another_format_is_refused_with_what_to_do(
    text: str, found: str, store: Store
) -> None:
    path = store.folder / "state.json"
    path.write_text(text)
    with pytest.raises(SlipwayError) as caught:
        store.state()
    assert str(caught.value) == (
        f"{path}: it has format {found} instead of 5. Deploy with the version of Slipway that"
        f" wrote it, or remove the application's containers and {store.folder} to start again"
    )


def test_a_state_in_which_something_is_missing_is_refused_by_its_path(store: Store) -> None:
    store.keep(State())
    path = store.folder / "state.json"
    kept = json.loads(path.read_text())
    del kept["content"]["proxy"]["image"]
    path.write_text(json.dumps(kept))
    with pytest.raises(SlipwayError, match=r"state\.json/proxy/image: missing"):
        store.state()


def test_the_number_of_the_format_goes_up_with_every_change_of_what_is_kept() -> None:
    kept = (State, Lock, Note, IncidentReport)
    shapes = json.dumps([samples.described(each) for each in kept], sort_keys=True)
    digest = hashlib.sha256(shapes.encode()).hexdigest()[:12]
    told = "What servers keep has changed: raise FORMAT in agent/state/store.py, and note both here"
    assert (FORMAT, digest) == (5, "47a2fb343666"), told


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SlipwayError, match=r"file/shop: the state folder cannot be written"):
        Store(tmp_path / "file" / "shop").prepare()


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
    monkeypatch.setattr("slipway.agent.state.store.JOURNAL_BYTES", 50)
    for number in range(20):
        store.append({"action": f"action {number}"})
    sizes = [path.stat().st_size for path in store.folder.glob("journal*")]
    assert len(sizes) == 2
    assert max(sizes) < 100
