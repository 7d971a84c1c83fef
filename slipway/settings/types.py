"""The base of all models of settings, and types with a name and a rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Model(BaseModel):
    """A frozen model of JSON values: nothing is converted silently, nothing unknown is accepted.

    The reference page is made of the docstrings under the fields and of their examples. Errors
    propose the example as a remedy.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


NAMES_UNCHECKED: Final = "names unchecked"  # validation context in which `Text` accepts any text


def broken(rule: str) -> PydanticCustomError:
    """The validation error of a value that breaks `rule`, a phrase such as "must be a size"."""
    return PydanticCustomError("rule", "{rule}", {"rule": rule})


@dataclass(frozen=True)
class Kind:
    """A kind of value: its name on the reference page, and how a value is written."""

    name: str
    write: Callable[[Any], str] = str


@dataclass(frozen=True)
class Text(Kind):
    """Text of a certain form: `rule` describes it, `fits` checks it."""

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
    """A value parsed by `parse`, which raises a ValueError with the rule."""

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


def parse_scalar(value: object) -> object:
    """The value as it is; raises ValueError with the rule for a map or a list."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise ValueError("must be text, a number, true, false or null")


Scalar = Annotated[
    str | int | float | bool | None,
    Parsed("text, number, boolean or null", json.dumps, parse_scalar),
]
