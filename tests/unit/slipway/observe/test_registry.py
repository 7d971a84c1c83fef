"""What is asked of a registry, and what its answers mean."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from slipway.errors import SlipwayError
from slipway.observe import registry as module
from slipway.observe.registry import PAGES, Credentials, Published, Registry

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


def test_docker_hub_is_asked_where_its_registry_is() -> None:
    hosts: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        hosts.append(f"{request.url.host}{request.url.path}")
        return httpx.Response(404)

    transport = httpx.MockTransport(handler)
    with Registry("docker.io/acme", transport=transport) as hub:
        hub.digest("shop", "v1")
        assert hub.reference("shop", tag="v1") == "docker.io/acme/shop:v1"
    assert hosts == ["registry-1.docker.io/v2/acme/shop/manifests/v1"]


def test_a_registry_that_redirects_plain_http_is_an_error_that_says_so() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "http":
            return httpx.Response(
                307, headers={"location": str(request.url.copy_with(scheme="https"))}
            )
        return httpx.Response(404)

    with (
        registry(handler, insecure=True) as it,
        pytest.raises(SlipwayError, match=r"redirects plain HTTP to HTTPS\. Remove registry/insec"),
    ):
        it.digest("shop", "v1")


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

    def __init__(
        self, *, login: str | None, field: str = "token", challenge: str = CHALLENGE
    ) -> None:
        self.login = login
        self.field = field
        self.challenge = challenge
        self.token = "t0ken"
        self.tokens = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.example.org":
            assert dict(request.url.params) == {
                "service": "r", "scope": "repository:acme/shop:pull",
            }  # fmt: skip
            if request.headers.get("authorization") != self.login:
                return httpx.Response(401)
            self.tokens += 1
            return httpx.Response(200, json={self.field: self.token})
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return httpx.Response(401, headers={"www-authenticate": self.challenge})
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


def test_every_question_and_its_login_have_time_limits() -> None:
    limits: dict[str, Any] = {}
    guarded = Guarded(login=None)

    def handler(request: httpx.Request) -> httpx.Response:
        limits[request.url.host] = request.extensions["timeout"]
        return guarded(request)

    registry(handler).digest("shop", "v1")
    expected = {"connect": 5.0, "read": 15.0, "write": 15.0, "pool": 15.0}
    assert limits == {"r.example.org": expected, "auth.example.org": expected}


def test_a_token_that_has_expired_is_fetched_again() -> None:
    guarded = Guarded(login=None)
    with registry(guarded) as it:
        it.digest("shop", "v1")
        guarded.token = "another"
        assert it.digest("shop", "v1") == DIGEST
    assert guarded.tokens == 2


def test_each_repository_has_a_token_of_its_own() -> None:
    taken: dict[str, str] = {}

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.example.org":
            return httpx.Response(200, json={"token": request.url.params["scope"]})
        name = request.url.path.split("/")[3]
        if "authorization" not in request.headers:
            challenge = f'Bearer realm="https://auth.example.org/token",scope="{name}"'
            return httpx.Response(401, headers={"www-authenticate": challenge})
        taken[name] = request.headers["authorization"]
        return httpx.Response(200, headers={"docker-content-digest": DIGEST})

    with registry(handler) as it:
        it.digest("shop", "v1")
        it.digest("worker", "v1")
    assert taken == {"shop": "Bearer shop", "worker": "Bearer worker"}


def test_a_token_goes_to_no_host_that_the_registry_redirects_to() -> None:
    elsewhere: list[httpx.Headers] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.example.org":
            return httpx.Response(200, json={"token": "t0ken"})
        if request.url.host == "storage.example.org":
            elsewhere.append(request.headers)
            return httpx.Response(200, headers={"docker-content-digest": DIGEST})
        if request.headers.get("authorization") != "Bearer t0ken":
            return httpx.Response(401, headers={"www-authenticate": CHALLENGE})
        return httpx.Response(307, headers={"location": "https://storage.example.org/blob"})

    with registry(handler, credentials=ANN) as it:
        assert it.digest("shop", "v1") == DIGEST
    (headers,) = elsewhere
    assert "authorization" not in headers


def test_a_host_that_the_registry_redirects_to_is_given_no_login() -> None:
    hosts: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        if request.url.host == "evil.example.org":
            challenge = {"www-authenticate": 'Bearer realm="https://evil.example.org/token"'}
            return httpx.Response(401, headers=challenge)
        return httpx.Response(307, headers={"location": "https://evil.example.org/"})

    with (
        registry(handler, credentials=ANN) as it,
        pytest.raises(SlipwayError, match=r"redirects to evil\.example\.org"),
    ):
        it.digest("shop", "v1")
    assert hosts == ["r.example.org", "evil.example.org"]


def test_a_login_is_sent_in_plain_text_only_where_the_registry_is_asked_so() -> None:
    plain = CHALLENGE.replace("https:", "http:")
    guarded = Guarded(login=BASIC, challenge=plain)
    with (
        registry(guarded, credentials=ANN) as it,
        pytest.raises(SlipwayError, match="which is not https"),
    ):
        it.digest("shop", "v1")
    assert guarded.tokens == 0
    with registry(guarded, credentials=ANN, insecure=True) as it:
        assert it.digest("shop", "v1") == DIGEST


@pytest.mark.parametrize("answer", [{"text": "hello"}, {"json": []}, {"json": {"expires": 1}}])
def test_a_login_service_without_a_token_is_an_error(answer: Any) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.example.org":
            return httpx.Response(200, **answer)
        return httpx.Response(401, headers={"www-authenticate": CHALLENGE})

    with registry(handler) as it, pytest.raises(SlipwayError, match="returned no token"):
        it.digest("shop", "v1")


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
        pytest.raises(SlipwayError, match=r"rejects the credentials.*registry/username") as error,
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
        pytest.raises(SlipwayError, match="rejects the credentials"),
    ):
        it.digest("shop", "v1")


def test_a_registry_that_wants_credentials_is_told_apart_from_one_that_refuses_them() -> None:
    with (
        registry(always(401, headers={"www-authenticate": "Basic"})) as it,
        pytest.raises(SlipwayError, match="requires credentials"),
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


def test_a_registry_that_never_ends_its_answer_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def talk() -> Iterator[bytes]:
        while True:
            yield b" " * 2**16

    with (
        registry(lambda request: httpx.Response(200, content=talk())) as it,
        pytest.raises(SlipwayError, match=r"its answer has more than 8388608 bytes"),
    ):
        it.tags("shop")

    ended = threading.Event()

    def wait(request: httpx.Request) -> httpx.Response:
        ended.wait()
        return httpx.Response(404)

    monkeypatch.setattr(module, "TOTAL", 0.05)
    with registry(wait) as it, pytest.raises(SlipwayError, match=r"no answer within 0\.05 s"):
        it.tags("shop")
    ended.set()


def test_an_answer_that_is_no_json_is_an_error() -> None:
    with (
        registry(always(200, text="<html>")) as it,
        pytest.raises(SlipwayError, match="its answer to /v2/acme/shop/tags/list is not JSON"),
    ):
        it.tags("shop")


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


def having(*tags: str, asked: list[str] | None = None) -> Registry:
    """A registry that has these tags of its one image `shop`; `asked` gets the paths."""

    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if asked is not None:
            asked.append(path)
        image, what = path.removeprefix("/v2/acme/").split("/", 1)
        if image == "shop" and what == "tags/list":
            return httpx.Response(200, json={"tags": list(tags)})
        if image == "shop" and what.removeprefix("manifests/") in tags:
            return httpx.Response(200, headers={"docker-content-digest": DIGEST})
        return httpx.Response(404)

    return registry(handler)


def test_what_is_published_of_a_version_is_a_digest_for_each_image_or_none() -> None:
    found = having("v1").published(["shop", "tool"], "v1", tags=False)
    assert found == Published({"shop": DIGEST, "tool": None}, (), None)


def test_tags_are_listed_only_for_an_image_that_lacks_the_version_and_where_they_are_wanted() -> (
    None
):
    asked: list[str] = []
    it = having("v1", "v3", asked=asked)
    assert it.published(["shop"], "v2", tags=True) == Published({"shop": None}, ("v3", "v1"), None)
    asked.clear()
    assert it.published(["shop"], "v2", tags=False).tags == ()
    assert it.published(["shop"], "v1", tags=True).tags == ()
    assert not [path for path in asked if path.endswith("tags/list")]


def test_a_registry_that_does_not_answer_is_a_fault_and_not_an_empty_registry() -> None:
    found = registry(always(500)).published(["shop"], "v1", tags=True)
    assert found.digests == {}
    assert "it answered 500" in str(found.fault)


def test_a_list_of_tags_that_is_refused_is_a_fault() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403 if request.url.path.endswith("list") else 404)

    found = registry(handler).published(["shop"], "v1", tags=True)
    assert "it requires credentials" in str(found.fault)


def test_credentials_are_printed_without_the_password() -> None:
    assert "open:sesame" not in repr(ANN)
    assert "ann" in repr(ANN)
