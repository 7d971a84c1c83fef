from __future__ import annotations

import pytest

from fakes.github import rest
from fakes.github.routes import Routes

REPOSITORY = {"owner": "acme", "repo": "shop"}


@pytest.fixture(scope="module")
def table() -> Routes:
    return rest.table()


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/repos/acme/shop", REPOSITORY),
        ("/repos/acme/shop/environments/a%2Fb", REPOSITORY | {"environment_name": "a/b"}),
        ("/repos/acme/shop/contents/.github/ci.yml", REPOSITORY | {"path": ".github/ci.yml"}),
        ("/repos/acme/shop/git/ref/heads/a/b", REPOSITORY | {"ref": "heads/a/b"}),
    ],
)
def test_a_path_is_taken_apart_and_decoded(table: Routes, path: str, parts: dict[str, str]) -> None:
    found = table.find("GET", path)
    assert found
    assert found[1] == parts


def test_a_key_is_no_secret_of_that_name(table: Routes) -> None:
    found = table.find("GET", "/repos/acme/shop/actions/secrets/public-key")
    assert found
    assert found[0].template.endswith("public-key")


def test_what_is_not_there_has_no_route(table: Routes) -> None:
    assert table.find("GET", "/repos/acme") is None
    assert table.find("POST", "/repos/acme/shop") is None
