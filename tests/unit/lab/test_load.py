from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from statistics import median

import pytest

from lab.load import Load, percentile, request

GOOD = b'{"version": "v1"}'


@contextmanager
def answering(status: int, body: bytes, promised: int | None = None) -> Iterator[str]:
    """A server on loopback; it promises another length than it sends, if told to."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(promised or len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = promised is not None

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


@pytest.mark.parametrize("keep", [True, False])
def test_an_answer_with_a_version_is_no_failure(keep: bool) -> None:
    with answering(200, GOOD) as address:
        assert request(http.client.HTTPConnection(address), keep) == ("2xx", "", "v1")


@pytest.mark.parametrize(
    ("status", "body", "promised", "kind"),
    [
        (503, b"nothing serves", None, "5xx"),
        (404, b"", None, "4xx"),
        (200, b"no JSON", None, "JSONDecodeError"),
        (200, b"{}", None, "KeyError"),
        (200, b"[]", None, "TypeError"),
        (200, GOOD, 99, "IncompleteRead"),
    ],
)
def test_every_other_answer_is_a_failure(
    status: int, body: bytes, promised: int | None, kind: str
) -> None:
    with answering(status, body, promised) as address:
        came, failure, version = request(http.client.HTTPConnection(address), keep=True)
    assert (came, version) == (kind, "")
    assert failure


def test_a_refused_connection_is_a_failure() -> None:
    with answering(200, GOOD) as address:
        pass
    kind, failure, _ = request(http.client.HTTPConnection(address), keep=True)
    assert kind == "ConnectionRefusedError"
    assert failure


def test_a_load_counts_every_answer_of_every_server() -> None:
    with (
        answering(200, GOOD) as good,
        answering(503, b"") as bad,
        Load([good, bad], rate=100) as load,
    ):
        threading.Event().wait(1.0)
    well, ill = load.results()
    assert well.failures == []
    assert well.versions == load.versions == {"v1": well.answers}
    assert load.failures == ill.failures
    assert well.answers == len(well.latencies) == well.kinds["2xx"] > 50
    assert [version for _, version in well.moments] == ["v1"] * well.answers
    assert len(ill.failures) == ill.answers == ill.kinds["5xx"] > 50
    assert ill.moments == []


def test_requests_lie_evenly_in_time() -> None:
    with answering(200, GOOD) as address, Load([address], rate=20) as load:
        threading.Event().wait(1.0)
    moments = [moment for moment, _ in load.results()[0].moments]
    assert median(later - earlier for earlier, later in pairwise(moments)) > 0.01


@pytest.mark.parametrize(("share", "value"), [(50, 50.0), (95, 95.0), (99, 99.0), (100, 100.0)])
def test_a_percentile_is_a_value_that_occurred(share: int, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], share) == value


def test_a_percentile_of_nothing_is_zero() -> None:
    assert percentile([], 99) == 0.0
