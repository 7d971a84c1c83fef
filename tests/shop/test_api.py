import json
import time
from typing import Any

import pytest
from shop.api import Api
from shop.jobs import Jobs
from shop.server import Request, Response
from shop.settings import Settings

GOOD = {"sku": "rope", "quantity": 2, "email": "ann@example.com"}


@pytest.fixture
def api(settings: Settings) -> Api:
    return Api(settings)


def get(api: Api, path: str) -> Response:
    return api(Request("GET", path, b""))


def post(api: Api, path: str, data: object) -> Response:
    return api(Request("POST", path, json.dumps(data).encode()))


def body(response: Response) -> Any:
    return json.loads(response.body)


def test_version_tells_what_runs_where(api: Api) -> None:
    assert body(get(api, "/version")) == {
        "version": "v1.2.3",
        "release": "r-42",
        "server": "staging-1",
        "migration": "0003_orders_shipped_at",
    }


def test_products_are_listed_with_prices(api: Api) -> None:
    assert {"sku": "rope", "name": "Ten metres of hemp rope", "price_cents": 1250} in body(
        get(api, "/products")
    )


def test_a_placed_order_can_be_looked_up_where_location_says(api: Api) -> None:
    placed = post(api, "/orders", GOOD)
    assert placed.status == 201
    order = body(get(api, placed.headers["Location"]))
    assert order == body(placed)
    assert (order["status"], order["total_cents"], order["shipped_at"]) == ("placed", 2500, None)


def test_an_order_does_not_show_the_customers_address(api: Api) -> None:
    assert b"ann@example.com" not in post(api, "/orders", GOOD).body


def test_a_placed_order_is_queued_for_the_worker(api: Api, settings: Settings) -> None:
    order_id = body(post(api, "/orders", GOOD))["id"]
    assert Jobs(settings.redis_url).take() == order_id


@pytest.mark.parametrize(
    ("data", "fault"), [(GOOD | {"sku": "boat"}, "no product 'boat'"), ([], "JSON object")]
)
def test_an_order_that_makes_no_sense_is_refused_with_the_reason(
    api: Api, data: object, fault: str
) -> None:
    response = post(api, "/orders", data)
    assert response.status == 422
    assert fault in body(response)["errors"][0]


def test_what_is_not_json_is_a_bad_request(api: Api) -> None:
    assert api(Request("POST", "/orders", b"{sku: rope}")).status == 400


@pytest.mark.parametrize("path", ["/", "/orders/7", "/orders/rope", "/orders/{id}", "/products/"])
def test_what_is_not_there_is_not_found(api: Api, path: str) -> None:
    assert get(api, path).status == 404


def test_a_wrong_method_is_told_the_right_one(api: Api) -> None:
    response = get(api, "/orders")
    assert (response.status, response.headers["Allow"]) == (405, "POST")


def test_ready_begins_an_endless_answer_when_it_is_told_to(environment: dict[str, str]) -> None:
    soon, late = (
        Api(Settings.read(environment | {"MISBEHAVE_TALK_AFTER": after}))
        for after in ("0.01", "99")
    )
    time.sleep(0.02)
    assert get(soon, "/ready").endless
    assert not get(late, "/ready").endless


def test_ready_tells_which_part_does_not_answer(environment: dict[str, str]) -> None:
    assert get(Api(Settings.read(environment)), "/ready").status == 200
    no_redis = get(Api(Settings.read(environment | {"REDIS_URL": "unix:///none"})), "/ready")
    assert (no_redis.status, body(no_redis)) == (503, {"database": "ok", "redis": "failing"})
    nowhere = environment | {"DATABASE_URL": "postgresql:///shop?host=/none"}
    no_database = get(Api(Settings.read(nowhere)), "/ready")
    assert (no_database.status, body(no_database)) == (503, {"database": "failing", "redis": "ok"})


def test_an_order_is_taken_even_when_redis_is_away(settings: Settings) -> None:
    api = Api(Settings.read({"DATABASE_URL": settings.database_url, "REDIS_URL": "unix:///none"}))
    assert post(api, "/orders", GOOD).status == 201


def test_without_a_database_the_api_says_try_later_and_health_stays_well(
    environment: dict[str, str],
) -> None:
    nowhere = environment | {"DATABASE_URL": "postgresql:///shop?host=/none"}
    api = Api(Settings.read(nowhere))
    assert get(api, "/products").status == 503
    assert get(api, "/products").headers["Retry-After"] == "1"
    assert get(api, "/health").status == 200


def test_metrics_count_requests_by_route_not_by_path(api: Api) -> None:
    for path in ("/orders/1", "/orders/2", "/nowhere/1", "/nowhere/2"):
        get(api, path)
    metrics = get(api, "/metrics").body.decode()
    assert 'shop_requests_total{method="GET",route="/orders/{id}",status="404"} 2' in metrics
    assert 'shop_requests_total{method="GET",route="unknown",status="404"} 2' in metrics
