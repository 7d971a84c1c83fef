"""The reference page is what the models say, and its examples work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from slipway.settings import load, reference
from slipway.settings.errors import written
from slipway.settings.schema import Place, annotation_of, held_type, kind_of
from slipway.settings.settings import Settings
from tests.unit.slipway.settings.sample import KEY

PAGE = Path(__file__).parents[4] / "docs" / "configuration.md"


def models(model: type[BaseModel] = Settings) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for annotation in (annotation_of(field), held_type(field.annotation)):
            inner = Place(annotation).model
            if inner:
                yield from models(inner)


def fields() -> list[tuple[type[BaseModel], str, FieldInfo]]:
    return [
        (each, key, field) for each in set(models()) for key, field in each.model_fields.items()
    ]


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.page(), (
        "run `python -m slipway.settings.reference > docs/configuration.md`"
    )


def test_every_setting_is_on_the_page_with_a_description_and_an_example() -> None:
    page = reference.page()
    for model, key, field in fields():
        section = page.split(f"\n## {model.__name__}\n")[1].split("\n## ")[0]
        assert f"| `{key}` |" in section
        assert field.description, f"{model.__name__}.{key} has no description"
        assert field.examples, f"{model.__name__}.{key} has no example"


def limits() -> Iterator[tuple[str, str, str]]:
    """Each setting with a limit, the limit as it is written, and the description."""
    for model, key, field in fields():
        kind = kind_of(annotation_of(field))
        for metadata in field.metadata:
            for name in ("ge", "gt", "le", "lt"):
                bound = getattr(metadata, name, None)
                if bound is not None:
                    written_bound = kind.write(bound) if kind else str(bound)
                    description = field.description or ""
                    yield f"{model.__name__}.{key}", written_bound, description


@pytest.mark.parametrize(("setting", "limit", "description"), sorted(limits()))
def test_every_limit_is_told_in_the_description(setting: str, limit: str, description: str) -> None:
    assert re.search(rf"(?<![\w.]){re.escape(limit)}(?!\w)", description), setting


def test_every_type_on_the_page_has_a_name() -> None:
    unnamed = [line for line in reference.page().splitlines() if "anything |" in line]
    assert [line.split("`")[1] for line in unnamed] == ["overrides"]


def test_examples_are_written_as_yaml() -> None:
    for _, _, field in fields():
        for example in field.examples or ():
            assert yaml.safe_load(written(example)) == example


def example(name: str) -> dict[str, Any]:
    text = (reference.FOLDER / "example" / name).read_text(encoding="utf-8")
    config = yaml.safe_load(text)["config"]
    return {key.removeprefix("slipway:"): plain(value) for key, value in config.items()}


def plain(value: Any) -> Any:
    """What Pulumi makes of it: `value` of the project's, and secrets decrypted."""
    if not isinstance(value, dict):
        return value
    for wrapper in ("value", "secure"):
        if set(value) == {wrapper}:
            return value[wrapper]
    return {key: plain(each) for key, each in value.items()}


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    (tmp_path / "known_hosts").write_text(f"203.0.113.21,203.0.113.22 {KEY}\n")
    return tmp_path


def test_the_example_on_the_page_is_valid(pinned: Path) -> None:
    loaded = load("production", example("project.yaml") | example("production.yaml"), pinned)
    web = loaded.application.services["web"]
    assert (web.replicas, web.environment) == (4, {"LOG_LEVEL": "warning"})
    assert (loaded.builds, len(loaded.servers)) == (False, 2)
