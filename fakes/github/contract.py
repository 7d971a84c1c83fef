"""Holds requests and answers to GitHub's OpenAPI description."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from jsonschema import Draft4Validator, FormatChecker, ValidationError, validators
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]

DOCUMENT: Final = "urn:github"
ERRORS_FROM: Final = 400
JSON: Final = "application/json"
ERROR: Final = f"{DOCUMENT}#/components/schemas/basic-error"
SHOWN: Final = 5  # faults of one body

UNDOCUMENTED: Final = {
    ("PUT", "/repos/{owner}/{repo}/environments/{environment_name}", "can_admins_bypass"),
}
"""What GitHub takes though its description doesn't have it: the provider relies on it."""

_formats = FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value).tzinfo)


@_formats.checks("uri", raises=ValueError)
def _is_address(value: object) -> bool:
    # GitHub's own defaults are empty where an address may follow.
    return value == "" or not isinstance(value, str) or bool(urlsplit(value).scheme)


def _nullable(check: Keyword) -> Keyword:
    """OpenAPI 3.0 marks what may be null beside the type, whatever else the schema says."""

    def checked(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        if instance is None and schema.get("nullable"):
            return iter(())
        return check(validator, value, instance, schema)

    return checked


_keywords = {
    **Draft4Validator.VALIDATORS,
    # GitHub writes oneOf for alternatives that overlap, such as its two kinds of error.
    "oneOf": Draft4Validator.VALIDATORS["anyOf"],
}
_Validator: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft4Validator, {name: _nullable(check) for name, check in _keywords.items()}
)


class Contract:
    """What GitHub's description says of each operation, named by method and path template."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        resource = Resource.from_contents(document, default_specification=DRAFT4)
        self._registry: Registry[Any] = Registry().with_resource(DOCUMENT, resource)
        self._validators: dict[str, Any] = {}

    def knows(self, method: str, template: str) -> bool:
        """Whether GitHub has this operation."""
        return method.lower() in self._document["paths"].get(template, {})

    def request_faults(
        self, method: str, template: str, query: Mapping[str, str], body: Any
    ) -> list[str]:
        """What is wrong with a request; empty when nothing is."""
        operation = self._document["paths"][template][method.lower()]
        known = {parameter["name"] for parameter in self._parameters(operation)}
        faults = [f"unknown query parameter {name}" for name in query if name not in known]
        described = operation.get("requestBody", {})
        content = described.get("content", {}).get(JSON)
        if body is None:
            return [*faults, *(["it has no body"] if described.get("required") else [])]
        if not content:
            return [*faults, "it has a body"]
        pointer = f"{_pointer(template, method)}/requestBody/content/application~1json/schema"
        documented = {
            name: value
            for name, value in body.items()
            if (method, template, name) not in UNDOCUMENTED
        }
        return [*faults, *self._faults(pointer, documented)]

    def answer_faults(self, method: str, template: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer; empty when nothing is."""
        responses = self._document["paths"][template][method.lower()]["responses"]
        response = responses.get(str(status))
        if response is None and status < ERRORS_FROM:
            return [f"status {status} is not described"]
        if response is None or (status >= ERRORS_FROM and set(response) == {"description"}):
            # 401, 403, 404 and the like are described once for all operations, in prose.
            return self._faults(ERROR, body)
        pointer = f"{_pointer(template, method)}/responses/{status}"
        if "$ref" in response:
            pointer = f"{DOCUMENT}{response['$ref']}"
            response = self._document["components"]["responses"][response["$ref"].split("/")[-1]]
        if "content" not in response:
            return [] if body is None else ["it has a body"]
        kinds = list(response["content"])
        kind = JSON if JSON in kinds else kinds[0]
        return self._faults(f"{pointer}/content/{kind.replace('/', '~1')}/schema", body)

    def _parameters(self, operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for parameter in operation.get("parameters", []):
            name = parameter.get("$ref", "").split("/")[-1]
            yield self._document["components"]["parameters"][name] if name else parameter

    def _faults(self, pointer: str, body: Any) -> list[str]:
        if pointer not in self._validators:
            self._validators[pointer] = _Validator(
                {"$ref": pointer}, registry=self._registry, format_checker=_formats
            )
        errors = list(self._validators[pointer].iter_errors(body))
        return [f"{error.json_path}: {error.message[:300]}" for error in errors[:SHOWN]]


def _pointer(template: str, method: str) -> str:
    return f"{DOCUMENT}#/paths/{template.replace('/', '~1')}/{method.lower()}".replace(
        "{", "%7B"
    ).replace("}", "%7D")
