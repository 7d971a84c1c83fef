"""The reference page of the configuration, generated from the models: docs/configuration.md."""

from __future__ import annotations

import inspect
import sys
from collections import deque
from pathlib import Path
from string import Template
from typing import Any, Final

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from slipway.settings.errors import written
from slipway.settings.schema import Place, annotation_of, held_type, is_map, key_type, plain
from slipway.settings.settings import Settings

FOLDER: Final = Path(__file__).parent
_TYPES: Final = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    SecretStr: "secret text",
}
_HEAD: Final = "| Key | Type | Default | Example | Meaning |\n| --- | --- | --- | --- | --- |"


def page() -> str:
    """The whole page, in Markdown."""
    introduction = Template((FOLDER / "reference.md").read_text(encoding="utf-8")).substitute(
        project=_example("project.yaml"), production=_example("production.yaml")
    )
    sections = [_section(model, paths) for model, paths in _models().items()]
    return "\n\n".join([introduction.rstrip(), *sections]) + "\n"


def _example(name: str) -> str:
    return (FOLDER / "example" / name).read_text(encoding="utf-8").rstrip()


def _models() -> dict[type[BaseModel], list[str]]:
    """Every model with the paths at which it stands, in the order in which a reader meets them."""
    found: dict[type[BaseModel], list[str]] = {}
    waiting: deque[tuple[type[BaseModel], str]] = deque([(Settings, "")])
    while waiting:
        model, path = waiting.popleft()
        found.setdefault(model, []).append(path)
        for key, field in model.model_fields.items():
            inner = Place(annotation_of(field)).model
            held = Place(held_type(field.annotation)).model
            if inner:
                waiting.append((inner, f"{path}/{key}"))
            if held:
                waiting.append((held, f"{path}/{key}/NAME"))
    return found


def _section(model: type[BaseModel], paths: list[str]) -> str:
    where = ", ".join(f"`{path.removeprefix('/')}`" for path in paths if path)
    rows = [_row(key, field) for key, field in model.model_fields.items()]
    parts = [f"## {model.__name__}", where, inspect.getdoc(model), "\n".join([_HEAD, *rows])]
    return "\n\n".join(part for part in parts if part)


def _row(key: str, field: FieldInfo) -> str:
    meaning = " ".join((field.description or "").split())
    example = written(field.examples[0]) if field.examples else ""
    cells = (f"`{key}`", _type(annotation_of(field)), _default(field), f"`{example}`", meaning)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _type(annotation: Any) -> str:
    place = Place(annotation)
    if place.kind:
        return place.kind.name
    if place.model:
        return f"[{place.model.__name__}](#{place.model.__name__.lower()})"
    if place.choices:
        return " or ".join(f"`{choice}`" for choice in place.choices)
    if is_map(annotation):
        return f"map of {_type(key_type(annotation))} to {_type(held_type(annotation))}"
    if held_type(annotation):
        return f"list of {_type(held_type(annotation))}"
    return _TYPES.get(plain(annotation), "anything")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if default is None:
        return "`null`"
    if isinstance(default, BaseModel):
        return "its defaults"
    if default in ("", (), {}):
        return "none"
    kind = Place(annotation_of(field)).kind
    return f"`{kind.write(default) if kind else written(default)}`"


if __name__ == "__main__":
    sys.stdout.write(page())
