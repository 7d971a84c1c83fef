"""Lookups in the models: the type and the field at a path in the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from slipway.settings.types import Kind

KeyPath = tuple[str | int, ...]
"""Keys and indices that lead to a setting."""


@dataclass(frozen=True)
class Place:
    """A place in the settings: its type, the field that holds it, and the depth in that field."""

    annotation: Any
    field: FieldInfo | None = None
    depth: int = 0

    @property
    def model(self) -> type[BaseModel] | None:
        """The model of the values here, if they have one."""
        kind = plain(self.annotation)
        return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None

    @property
    def kind(self) -> Kind | None:
        """The `Kind` of the values here, if they have one."""
        return kind_of(self.annotation)

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed values, if they are enumerated."""
        kind = plain(self.annotation)
        return get_args(kind) if get_origin(kind) is Literal else ()

    def child(self, key: str | int) -> Place | None:
        """The place under `key`; None if the models have none."""
        if self.model:
            field = self.model.model_fields.get(str(key))
            return field and Place(annotation_of(field), field)
        held = held_type(self.annotation)
        return None if held is None else Place(held, self.field, self.depth + 1)


def place(model: type[BaseModel], path: KeyPath) -> Place | None:
    """The place at `path` in `model`; None if the models have none."""
    here: Place | None = Place(model)
    for key in path:
        here = here and here.child(key)
    return here


def annotation_of(field: FieldInfo) -> Any:
    """The type of a field with its metadata, as it was written."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def plain(annotation: Any) -> Any:
    """A type without its metadata, and without None where it is optional."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    some = _some(annotation)
    return annotation if some is None else plain(some)


def kind_of(annotation: Any) -> Kind | None:
    """The `Kind` in the metadata of a type, optional or not."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        kinds = [each for each in metadata if isinstance(each, Kind)]
        return kinds[0] if kinds else kind_of(inner)
    some = _some(annotation)
    return None if some is None else kind_of(some)


def held_type(annotation: Any) -> Any:
    """The type of the values in a map or list; None for anything else."""
    kind = plain(annotation)
    if get_origin(kind) is tuple:
        return get_args(kind)[0]
    return get_args(kind)[1] if is_map(annotation) else None


def key_type(annotation: Any) -> Any:
    """The type of the names in a map."""
    return get_args(plain(annotation))[0]


def is_map(annotation: Any) -> bool:
    """Whether a type is a map from names to values."""
    origin = get_origin(plain(annotation))
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _some(annotation: Any) -> Any:
    """`X` of `X | None`; None for any other type."""
    if get_origin(annotation) not in (Union, UnionType):
        return None
    members = [each for each in get_args(annotation) if each is not NoneType]
    return members[0] if len(members) == 1 and len(get_args(annotation)) == 2 else None
