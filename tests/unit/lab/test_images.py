from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab import images
from lab.layout import REGISTRY


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "recipes"
    shutil.copytree(images.RECIPES, copy)
    monkeypatch.setattr(images, "RECIPES", copy)
    return copy


def test_every_image_has_a_recipe() -> None:
    folders = {folder.name for folder in images.RECIPES.iterdir()}
    assert folders == set(images.DERIVED)


def test_a_changed_recipe_gives_another_image_and_leaves_the_others_alone(recipes: Path) -> None:
    before = {recipe: images.name(recipe) for recipe in ("root", *images.DERIVED)}
    (recipes / "redis" / "entrypoint.sh").write_text("#!/bin/sh\n")
    changed = {recipe for recipe, name in before.items() if images.name(recipe) != name}
    assert changed == {"redis"}


def test_another_root_gives_other_images_throughout(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {images.name(recipe) for recipe in ("root", *images.DERIVED)}
    monkeypatch.setattr(images, "ROOT_PACKAGES", ("python3-minimal",))
    after = {images.name(recipe) for recipe in ("root", *images.DERIVED)}
    assert not before & after


def test_published_images_are_named_as_stack_files_name_them() -> None:
    assert set(images.PUBLISHED) == {
        f"{REGISTRY}/base/python:3.11",
        f"{REGISTRY}/postgres:15",
        f"{REGISTRY}/redis:7",
        f"{REGISTRY}/haproxy:2.6",
    }
