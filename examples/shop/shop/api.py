"""The shop's HTTP API: which route does what."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import redis

from shop import docs, log, migrate
from shop.database import Database, DatabaseUnavailableError
from shop.jobs import Jobs
from shop.metrics import CONTENT_TYPE, Metrics
from shop.misbehaviour import ErrorRate
from shop.orders import InvalidOrderError, parse_order
from shop.server import Request, Response
from shop.settings import Settings
from shop.store import Store

Action = Callable[["Api", Request, str], Response]

OPERATIONAL = frozenset({"/health", "/ready", "/metrics"})


class Api:
    """The application: takes a request, gives a response, and never raises."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._started = time.monotonic()
        self._database = Database(settings.database_url)
        self._store = Store(self._database)
        self._jobs = Jobs(settings.redis_url)
        self._identity = {
            "version": settings.version,
            "release": settings.release,
            "server": settings.server,
        }
        self._metrics = Metrics(**self._identity)
        self._error_rate = ErrorRate(settings.misbehaviour.error_rate)
        self._version = _json(200, self._identity | {"migration": migrate.newest()})

    def __call__(self, request: Request) -> Response:
        """Answer a request, count it, and log it when asked to."""
        started = time.perf_counter()
        route, parameter = resolve(request.path)
        response = self._misbehave(route) or self._respond(request, route, parameter)
        seconds = time.perf_counter() - started
        self._metrics.observe(request.method, route, response.status, seconds)
        if self._settings.access_log:
            fields = {"method": request.method, "path": request.path, "status": response.status}
            log.info("request", **fields, seconds=round(seconds, 4))
        return response

    def _misbehave(self, route: str) -> Response | None:
        if route in OPERATIONAL:
            return None
        if latency := self._settings.misbehaviour.latency:
            time.sleep(latency)
        if self._error_rate.strikes():
            log.error("request failed", route=route, switch="MISBEHAVE_ERROR_RATE")
            return _error(500, "internal error")
        return None

    def _respond(self, request: Request, route: str, parameter: str) -> Response:
        actions = ROUTES.get(route)
        if actions is None:
            return _error(404, f"nothing at {request.path}; see /docs")
        action = actions.get("GET" if request.method == "HEAD" else request.method)
        if action is None:
            allowed = ", ".join([*actions, "HEAD"] if "GET" in actions else actions)
            return _error(405, f"{route} takes {allowed}", Allow=allowed)
        try:
            return action(self, request, parameter)
        except InvalidOrderError as error:
            return _error(422, *error.faults)
        except DatabaseUnavailableError as error:
            log.error("database unavailable", route=route, error=str(error))
            return _error(503, "the database does not answer", **{"Retry-After": "1"})
        except Exception as error:  # noqa: BLE001  (one request fails, not the process)
            log.error("request failed", route=route, error=repr(error))
            return _error(500, "internal error")

    def health(self) -> Response:
        """The process lives; nothing else is asked, so a restart would help if this fails."""
        return _json(200, {"status": "ok"})

    def ready(self) -> Response:
        """What a request needs is there. The schema is not asked: old and new both must do."""
        talk_after = self._settings.misbehaviour.talk_after
        if talk_after and time.monotonic() - self._started > talk_after:
            return Response(200, b"", endless=True)
        checks = {"database": self._database.answers(), "redis": self._jobs.answers()}
        if self._settings.misbehaviour.ready:
            checks["MISBEHAVE_READY"] = False
        status = 200 if all(checks.values()) else 503
        return _json(status, {name: "ok" if ok else "failing" for name, ok in checks.items()})

    def version(self) -> Response:
        """What runs, where, and the migration that its code was written for."""
        return self._version

    def metrics(self) -> Response:
        """Counters and latencies for Prometheus."""
        return Response(200, self._metrics.text().encode(), CONTENT_TYPE)

    def openapi(self) -> Response:
        """The description of this API, for machines."""
        return _json(200, docs.openapi(self._settings.version))

    def docs(self) -> Response:
        """The same for people."""
        page = docs.page(docs.openapi(self._settings.version))
        return Response(200, page.encode(), "text/html; charset=utf-8")

    def products(self) -> Response:
        """Everything that is sold."""
        return _json(200, [asdict(product) for product in self._store.products()])

    def place_order(self, body: bytes) -> Response:
        """Save an order and tell the worker."""
        try:
            data = json.loads(body)
        except ValueError:
            return _error(400, "the body is not JSON")
        order = self._store.place(parse_order(data))
        try:
            self._jobs.put(order.id)
        except redis.RedisError as error:
            # The order is safe: the worker finds it in the database, only later.
            log.error("order not queued", order=order.id, error=str(error))
        return _json(201, order.public(), Location=f"/orders/{order.id}")

    def order(self, order_id: str) -> Response:
        """One order, by the number that placing it gave."""
        order = self._store.order(int(order_id))
        return _json(200, order.public()) if order else _error(404, f"no order {order_id}")


ROUTES: dict[str, dict[str, Action]] = {
    "/health": {"GET": lambda api, *_: api.health()},
    "/ready": {"GET": lambda api, *_: api.ready()},
    "/version": {"GET": lambda api, *_: api.version()},
    "/metrics": {"GET": lambda api, *_: api.metrics()},
    "/openapi.json": {"GET": lambda api, *_: api.openapi()},
    "/docs": {"GET": lambda api, *_: api.docs()},
    "/products": {"GET": lambda api, *_: api.products()},
    "/orders": {"POST": lambda api, request, _: api.place_order(request.body)},
    "/orders/{id}": {"GET": lambda api, _, order_id: api.order(order_id)},
}

_order_path = re.compile(r"/orders/([0-9]{1,18})", re.ASCII).fullmatch


def resolve(path: str) -> tuple[str, str]:
    """The route of a path, and the value of its parameter ("" for none); "unknown" for no route."""
    if path in ROUTES and "{" not in path:
        return path, ""
    match = _order_path(path)
    return ("/orders/{id}", match[1]) if match else ("unknown", "")


_dumps = partial(json.dumps, default=lambda value: value.isoformat())


def _json(status: int, data: object, **headers: str) -> Response:
    return Response(status, _dumps(data).encode(), headers=headers)


def _error(status: int, *faults: str, **headers: str) -> Response:
    return _json(status, {"errors": faults}, **headers)
