from __future__ import annotations

from typing import Any

import pytest

from fakes.github.contract import Contract

THING = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "parent": {"nullable": True, "allOf": [{"$ref": "#/components/schemas/thing"}]},
        "color": {"type": "string", "enum": ["red"], "nullable": True},
        "created_at": {"type": "string", "format": "date-time"},
        "url": {"type": "string", "format": "uri"},
    },
}


def content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


DOCUMENT = {
    "paths": {
        "/things/{id}": {
            "get": {
                "parameters": [{"$ref": "#/components/parameters/page"}],
                "responses": {
                    "200": content({"$ref": "#/components/schemas/thing"}),
                    "204": {"description": "nothing"},
                    "404": {"$ref": "#/components/responses/not_found"},
                },
            },
            "put": {
                "requestBody": {
                    "required": True,
                    **content({"type": "object", "additionalProperties": False}),
                },
                "responses": {},
            },
        }
    },
    "components": {
        "schemas": {
            "thing": THING,
            "basic-error": {
                "type": "object",
                "properties": {"message": {"type": "string"}},
            },
        },
        "parameters": {"page": {"name": "page", "in": "query"}},
        "responses": {"not_found": content({"$ref": "#/components/schemas/basic-error"})},
    },
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract(DOCUMENT)


def answer(contract: Contract, body: Any, status: int = 200) -> list[str]:
    return contract.answer_faults("GET", "/things/{id}", status, body)


def test_an_answer_as_described_is_fine(contract: Contract) -> None:
    whole = {"id": 1, "created_at": "2026-01-02T03:04:05Z", "url": "https://github.com"}
    assert answer(contract, whole) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, "$: 'id' is a required property"),
        ({"id": "1"}, "$.id: '1' is not of type 'integer'"),
        ({"id": 1, "parent": {}}, "$.parent: 'id' is a required property"),
        ({"id": 1, "color": "blue"}, "$.color: 'blue' is not one of ['red']"),
        ({"id": 1, "created_at": "today"}, "$.created_at: 'today' is not a 'date-time'"),
        ({"id": 1, "url": "there"}, "$.url: 'there' is not a 'uri'"),
    ],
)
def test_a_fault_is_told_with_its_place(contract: Contract, body: Any, fault: str) -> None:
    assert answer(contract, body) == [fault]


def test_what_may_be_null_may_be_null_whatever_else_is_said(contract: Contract) -> None:
    assert answer(contract, {"id": 1, "parent": None, "color": None}) == []


def test_a_status_that_is_not_described_is_a_fault(contract: Contract) -> None:
    assert answer(contract, {"id": 1}, 201) == ["status 201 is not described"]


def test_an_error_needs_no_description_of_its_own(contract: Contract) -> None:
    assert answer(contract, {"message": "Forbidden"}, 403) == []
    assert answer(contract, {"message": 403}, 403) == ["$.message: 403 is not of type 'string'"]
    assert answer(contract, {"message": 404}, 404) == ["$.message: 404 is not of type 'string'"]


def test_an_answer_that_has_no_body_must_have_none(contract: Contract) -> None:
    assert answer(contract, None, 204) == []
    assert answer(contract, {}, 204) == ["it has a body"]


def test_requests_are_held_to_parameters_and_body(contract: Contract) -> None:
    def faults(method: str, query: dict[str, str], body: Any) -> list[str]:
        return contract.request_faults(method, "/things/{id}", query, body)

    assert faults("GET", {"page": "2"}, None) == []
    assert faults("GET", {"pages": "2"}, None) == ["unknown query parameter pages"]
    assert faults("GET", {}, {}) == ["it has a body"]
    assert faults("PUT", {}, None) == ["it has no body"]
    assert len(faults("PUT", {}, {"name": "x"})) == 1
