"""Kinds of values, each with a name and a rule that people understand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

NAMES_UNCHECKED: Final = "names unchecked"  # validation context in which `Text` accepts any text


def broken(rule: str) -> PydanticCustomError:
    """The validation error of a value that breaks `rule`, a phrase such as "must be a size"."""
    return PydanticCustomError("rule", "{rule}", {"rule": rule})


@dataclass(frozen=True)
class Kind:
    """A kind of value: what it is called in the reference, and how one is written."""

    name: str
    write: Callable[[Any], str] = str


@dataclass(frozen=True)
class Text(Kind):
    """Text of a certain form: `rule` says it in words, `fits` decides."""

    rule: str = ""
    fits: Callable[[str], object] = bool

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._checked, handler(source))

    def _checked(self, value: str, info: ValidationInfo) -> str:
        if info.context != NAMES_UNCHECKED and not self.fits(value):
            raise broken(self.rule)
        return value


@dataclass(frozen=True)
class Parsed(Kind):
    """A value that `parse` makes of what is written, raising a ValueError that says the rule."""

    parse: Callable[[object], Any] = str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._parsed, handler(source))

    def _parsed(self, value: object) -> Any:
        try:
            return self.parse(value)
        except ValueError as error:
            raise broken(str(error)) from None
