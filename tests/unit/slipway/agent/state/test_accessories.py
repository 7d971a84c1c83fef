"""What is noted of an accessory tells a start that was not finished from rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.agent.state import accessories
from slipway.agent.state.accessories import Note
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.rollout.release import Health

HEALTH = Health("postgres")


def test_a_server_without_accessories_has_no_notes(tmp_path: Path) -> None:
    assert accessories.read(Store(tmp_path)) == {}


def test_a_start_counts_before_it_is_done_and_its_context_only_then(tmp_path: Path) -> None:
    store = Store(tmp_path)
    accessories.begin(store, "db", HEALTH, 5432, ("v",))
    assert accessories.read(store) == {"db": Note("", 1, False, HEALTH, 5432, ("v",), "")}
    accessories.done(store, "db", "first", "da7a")
    assert accessories.read(store) == {"db": Note("first", 1, True, HEALTH, 5432, ("v",), "da7a")}
    accessories.begin(store, "db", HEALTH, 5433, ())
    assert accessories.read(store) == {"db": Note("first", 2, False, HEALTH, 5433, (), "da7a")}


def test_each_is_noted_by_itself(tmp_path: Path) -> None:
    store = Store(tmp_path)
    accessories.begin(store, "db", HEALTH, 5432, ())
    accessories.done(store, "db", "first", "da7a")
    accessories.begin(store, "queue", Health("redis"), None, ())
    assert set(accessories.read(store)) == {"db", "queue"}
    assert accessories.read(store)["db"].finished


def test_notes_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "accessories.json").write_text('{"db": {"context": "b", "starts": 1}}')
    with pytest.raises(SlipwayError, match=r"accessories\.json: it has format None"):
        accessories.read(Store(tmp_path))
