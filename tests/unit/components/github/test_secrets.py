from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping

import pytest
from nacl.public import PrivateKey, SealedBox

from components.github.secrets import Secrets
from tests.unit.components import engine
from tests.unit.components.engine import Engine, Registered

PRIVATE = PrivateKey.generate()
KEY = {"keyId": "568250167242549743", "key": b64encode(PRIVATE.public_key.encode()).decode()}
ANSWERS = {
    "github:index/getActionsPublicKey:getActionsPublicKey": KEY,
    "github:index/getActionsEnvironmentPublicKey:getActionsEnvironmentPublicKey": KEY,
}
VALUE = "correct-horse-battery-staple"


def declared(
    environment: str | None = "production",
    secrets: Mapping[str, str] = {"KEY": VALUE},
    generations: Mapping[str, int] = {},
    existing: dict[str, str] | None = None,
) -> Engine:
    return engine.run(
        lambda: Secrets(
            "secrets",
            {
                "repository": "shop",
                "environment": environment,
                "secrets": secrets,
                "variables": {"HOST": "a.example"},
                "after": [],
                "generations": generations,
                "existing": existing or {},
            },
        ),
        answers=ANSWERS,
    )[0]


def opened(secret: Registered) -> str:
    return SealedBox(PRIVATE).decrypt(b64decode(secret.inputs["valueEncrypted"])).decode()


@pytest.mark.parametrize(
    ("environment", "name", "kind"),
    [
        (
            "production",
            "production-secret-KEY",
            "actionsEnvironmentSecret:ActionsEnvironmentSecret",
        ),
        (None, "repository-secret-KEY", "actionsSecret:ActionsSecret"),
    ],
)
def test_a_secret_is_sealed_for_githubs_key(environment: str | None, name: str, kind: str) -> None:
    made = declared(environment)[name]
    assert made.kind == f"github:index/{kind}"
    assert opened(made) == VALUE
    assert made.inputs["keyId"] == KEY["keyId"]
    assert "valueEncrypted" in made.secret


def test_no_resource_has_the_value() -> None:
    assert VALUE not in str([each.inputs for each in declared().registered.values()])


def test_a_secret_changes_with_its_value_and_its_generation_only() -> None:
    name = "production-secret-KEY"
    boxes = [
        declared()[name].inputs["valueEncrypted"],
        declared(generations={"KEY": 0})[name].inputs["valueEncrypted"],
        declared(generations={"KEY": 1})[name].inputs["valueEncrypted"],
        declared(secrets={"KEY": "rotated"})[name].inputs["valueEncrypted"],
    ]
    assert boxes[0] == boxes[1]
    assert len(set(boxes)) == 3


@pytest.mark.parametrize(
    ("environment", "name"),
    [("production", "production-variable-HOST"), (None, "repository-variable-HOST")],
)
def test_a_variable_is_what_it_is(environment: str | None, name: str) -> None:
    made = declared(environment, secrets={}, existing={name: "shop:HOST"})[name]
    assert (made.inputs["variableName"], made.inputs["value"]) == ("HOST", "a.example")
    assert made.imported == "shop:HOST"


def test_a_secret_that_exists_is_written_over_because_nobody_can_read_it() -> None:
    name = "production-secret-KEY"
    assert declared(existing={name: "shop:production:KEY"})[name].imported == ""
