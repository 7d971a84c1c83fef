"""What is asked of a registry, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from slipway.errors import SlipwayError
from slipway.registry import PAGES, Credentials, Registry

DIGEST = "sha256:" + "1" * 64
ANN = Credentials("ann", "open:sesame")
BASIC = "Basic YW5uOm9wZW46c2VzYW1l"
CHALLENGE = (
    'Bearer realm="https://auth.example.org/token",service="r",scope="repository:acme/shop:pull"'
)

Handler = Callable[[httpx.Request], httpx.Response]


def registry(
    handler: Handler, *, credentials: Credentials | None = None, insecure: bool = False
) -> Registry:
    transport = httpx.MockTransport(handler)
    return Registry(
        "r.example.org/acme", credentials=credentials, insecure=insecure, transport=transport
    )


def always(status: int, **options: Any) -> Handler:
    return lambda request: httpx.Response(status, **options)


def test_a_tag_stands_for_the_digest_that_the_registry_gives() -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers={"docker-content-digest": DIGEST})

    with registry(handler) as it:
        assert it.digest("shop", "v1") == DIGEST
    (request,) = asked
    assert request.method == "HEAD"
    assert str(request.url) == "https://r.example.org/v2/acme/shop/manifests/v1"
    assert "authorization" not in request.headers
    for kind in ("oci.image.index.v1", "docker.distribution.manifest.v2"):
        assert kind in request.headers["accept"]


def test_only_an_insecure_registry_is_asked_in_plain_text() -> None:
    schemes: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        schemes.append(request.url.scheme)
        return httpx.Response(404)

    for insecure in (False, True):
        registry(handler, insecure=insecure).digest("shop", "v1")
    assert schemes == ["https", "http"]


def test_an_unknown_tag_has_no_digest_and_an_unknown_image_no_tags() -> None:
    with registry(always(404)) as it:
        assert it.digest("shop", "v9") is None
        assert it.tags("shop") == []


def test_tags_are_the_newest_first_and_none_is_an_empty_list() -> None:
    tags = ["v1.10.0", "v1.9.0", "latest", "v2.0.0"]
    with registry(always(200, json={"name": "acme/shop", "tags": tags})) as it:
        assert it.tags("shop") == ["v2.0.0", "v1.10.0", "v1.9.0", "latest"]
    with registry(always(200, json={"name": "acme/shop", "tags": None})) as it:
        assert it.tags("shop") == []


def test_a_list_of_tags_is_read_to_its_last_page() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        last = request.url.params.get("last", "v0")
        page = int(last.removeprefix("v")) + 1
        following = f'</v2/acme/shop/tags/list?last=v{page}&n=1>; rel="next"'
        headers = {"link": following} if page < 3 else {}
        return httpx.Response(200, headers=headers, json={"tags": [f"v{page}"]})

    assert registry(handler).tags("shop") == ["v3", "v2", "v1"]


def test_a_next_page_elsewhere_or_without_end_is_not_followed() -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        headers = {"link": '<https://evil.example.org/v2/acme/shop/tags/list?n=1>; rel="next"'}
        return httpx.Response(200, headers=headers, json={"tags": ["v1"]})

    registry(handler).tags("shop")
    assert len(asked) == PAGES
    assert {request.url.host for request in asked} == {"r.example.org"}


class Guarded:
    """A registry behind a token service; counts the tokens that it gave."""

    def __init__(self, *, login: str | None, field: str = "token") -> None:
        self.login = login
        self.field = field
        self.tokens = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.example.org":
            assert dict(request.url.params) == {
                "service": "r", "scope": "repository:acme/shop:pull",
            }  # fmt: skip
            if request.headers.get("authorization") != self.login:
                return httpx.Response(401)
            self.tokens += 1
            return httpx.Response(200, json={self.field: "t0ken"})
        if request.headers.get("authorization") != "Bearer t0ken":
            return httpx.Response(401, headers={"www-authenticate": CHALLENGE})
        return httpx.Response(200, headers={"docker-content-digest": DIGEST}, json={"tags": ["v1"]})


@pytest.mark.parametrize("field", ["token", "access_token"])
@pytest.mark.parametrize(("login", "credentials"), [(BASIC, ANN), (None, None)])
def test_a_bearer_token_is_fetched_once_for_all_questions(
    login: str | None, credentials: Credentials | None, field: str
) -> None:
    guarded = Guarded(login=login, field=field)
    with registry(guarded, credentials=credentials) as it:
        assert it.digest("shop", "v1") == DIGEST
        assert it.tags("shop") == ["v1"]
    assert guarded.tokens == 1


def test_basic_authentication_is_used_where_the_registry_asks_for_it() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") != BASIC:
            return httpx.Response(401, headers={"www-authenticate": 'Basic realm="r"'})
        return httpx.Response(200, headers={"docker-content-digest": DIGEST})

    with registry(handler, credentials=ANN) as it:
        assert it.digest("shop", "v1") == DIGEST


@pytest.mark.parametrize(
    "handler",
    [
        Guarded(login="Basic of-somebody-else"),
        always(401, headers={"www-authenticate": CHALLENGE}),
        always(401, headers={"www-authenticate": "Basic"}),
        always(403),
    ],
    ids=["token service", "token", "basic", "forbidden"],
)
def test_refused_credentials_are_an_error_that_does_not_show_them(handler: Handler) -> None:
    with (
        registry(handler, credentials=ANN) as it,
        pytest.raises(SlipwayError, match=r"refuses the credentials.*registry/username") as error,
    ):
        it.digest("shop", "v1")
    assert ANN.password not in str(error.value)


def test_a_token_that_the_registry_does_not_take_is_an_error_and_no_endless_loop() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.example.org":
            return httpx.Response(200, json={"token": "stale"})
        return httpx.Response(401, headers={"www-authenticate": CHALLENGE})

    with (
        registry(handler, credentials=ANN) as it,
        pytest.raises(SlipwayError, match="refuses the credentials"),
    ):
        it.digest("shop", "v1")


def test_a_registry_that_wants_credentials_is_told_apart_from_one_that_refuses_them() -> None:
    with (
        registry(always(401, headers={"www-authenticate": "Basic"})) as it,
        pytest.raises(SlipwayError, match="asks for credentials"),
    ):
        it.tags("shop")


def test_an_unreachable_registry_is_an_error_with_a_remedy() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    with (
        registry(handler) as it,
        pytest.raises(
            SlipwayError, match=r"registry r\.example\.org/acme: .*refused.*registry/address"
        ),
    ):
        it.digest("shop", "v1")


def test_a_fault_of_the_registry_is_told_with_its_path() -> None:
    with (
        registry(always(503)) as it,
        pytest.raises(SlipwayError, match="answered 503 to /v2/acme/shop/manifests/v1"),
    ):
        it.digest("shop", "v1")


def test_a_registry_that_gives_no_digest_cannot_be_used() -> None:
    with (
        registry(always(200)) as it,
        pytest.raises(SlipwayError, match=r"no digest for r\.example\.org/acme/shop:v1"),
    ):
        it.digest("shop", "v1")


def manifest(configuration: int, *layers: int) -> dict[str, Any]:
    return {"config": {"size": configuration}, "layers": [{"size": size} for size in layers]}


def test_the_size_of_an_index_is_that_of_its_largest_platform() -> None:
    stored = {
        "index": {"manifests": [{"digest": "amd64"}, {"digest": "arm64"}, {"digest": "notes"}]},
        "amd64": manifest(10, 100, 200),
        "arm64": manifest(10, 100, 250),
        "notes": manifest(1, 2),
    }

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=stored[request.url.path.rpartition("/")[2]])

    with registry(handler) as it:
        assert it.size("shop", "amd64") == 310
        assert it.size("shop", "index") == 360


def test_references_are_written_as_docker_writes_them() -> None:
    with registry(always(404)) as it:
        assert it.repository("shop") == "r.example.org/acme/shop"
        assert it.reference("shop", tag="v1") == "r.example.org/acme/shop:v1"
        assert it.reference("shop", digest=DIGEST) == f"r.example.org/acme/shop@{DIGEST}"
