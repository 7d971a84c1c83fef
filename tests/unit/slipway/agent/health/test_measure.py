"""What the proxy's counters come to, also when a reload makes it forget them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from slipway.agent.health.measure import Latencies, Traffic


class RuntimeSocket:
    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self.lines: list[str] = []

    def exchanges(self) -> Iterable[str]:
        return self.lines

    def counts(self, slot: str, **counters: int) -> None:
        row = {"pxname": "web", "svname": slot, **{k: str(v) for k, v in counters.items()}}
        self.rows = [each for each in self.rows if each["svname"] != slot] + [row]

    def statistics(self) -> Iterable[Mapping[str, str]]:
        return self.rows


def test_only_what_came_since_the_beginning_counts_and_by_colour() -> None:
    runtime = RuntimeSocket()
    runtime.counts("a1", hrsp_2xx=900, hrsp_5xx=9)
    traffic = Traffic(runtime)
    runtime.counts("a1", hrsp_2xx=905, hrsp_4xx=2, hrsp_5xx=10)
    runtime.counts("b1", hrsp_2xx=3)
    runtime.counts("b12", hrsp_3xx=1, econ=2, eresp=1)
    traffic.update()
    assert traffic.of("a") == (8, 1)
    assert traffic.of("b") == (7, 3)


def test_a_reload_in_between_loses_nothing_that_was_counted() -> None:
    runtime = RuntimeSocket()
    traffic = Traffic(runtime)
    runtime.counts("b1", hrsp_2xx=50, hrsp_5xx=1)
    traffic.update()
    runtime.counts("b1", hrsp_2xx=7, hrsp_5xx=0)
    traffic.update()
    traffic.update()
    assert traffic.of("b") == (58, 1)


def test_a_release_without_a_request_has_none() -> None:
    assert Traffic(RuntimeSocket()).of("b") == (0, 0)


def test_each_request_is_timed_once_and_for_its_colour() -> None:
    runtime = RuntimeSocket()
    runtime.lines = ["web/b1 200 3000 3000 -- 10.0.0.9 0001 GET /"]
    latencies = Latencies(runtime)
    runtime.lines = [
        *runtime.lines,
        "web/b1 200 20 21 -- 10.0.0.9 0002 GET /",
        "web/b2 200 20 21 -- 10.0.0.9 0003 GET /a b",
        "web/a1 200 700 700 -- 10.0.0.9 0004 GET /",
    ]
    latencies.update()
    latencies.update()
    assert latencies.of("b").count == 2
    assert round(latencies.of("b").percentile(1), 3) == 0.02
    assert latencies.of("a").above(0.5) == 1


@pytest.mark.parametrize(
    "line",
    ["web/b1 503 -1 4 SC 10.0.0.9 0001 GET /", "web/<NOSRV> 503 -1 0 SC - 1 GET /", "", "cut"],
)
def test_what_was_not_answered_has_no_latency(line: str) -> None:
    runtime = RuntimeSocket()
    latencies = Latencies(runtime)
    runtime.lines = [line]
    latencies.update()
    assert latencies.of("b").count == 0
