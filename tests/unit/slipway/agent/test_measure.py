"""What the proxy's counters come to, also when a reload makes it forget them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slipway.agent.measure import Traffic


class Runtime:
    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []

    def counts(self, slot: str, **counters: int) -> None:
        row = {"pxname": "web", "svname": slot, **{k: str(v) for k, v in counters.items()}}
        self.rows = [each for each in self.rows if each["svname"] != slot] + [row]

    def statistics(self) -> Iterable[Mapping[str, str]]:
        return self.rows


def test_only_what_came_since_the_beginning_counts_and_by_colour() -> None:
    runtime = Runtime()
    runtime.counts("a1", hrsp_2xx=900, hrsp_5xx=9)
    traffic = Traffic(runtime)
    runtime.counts("a1", hrsp_2xx=905, hrsp_4xx=2, hrsp_5xx=10)
    runtime.counts("b1", hrsp_2xx=3)
    runtime.counts("b12", hrsp_3xx=1, econ=2, eresp=1)
    traffic.look()
    assert traffic.of("a") == (8, 1)
    assert traffic.of("b") == (7, 3)


def test_a_reload_in_between_loses_nothing_that_was_counted() -> None:
    runtime = Runtime()
    traffic = Traffic(runtime)
    runtime.counts("b1", hrsp_2xx=50, hrsp_5xx=1)
    traffic.look()
    runtime.counts("b1", hrsp_2xx=7, hrsp_5xx=0)
    traffic.look()
    traffic.look()
    assert traffic.of("b") == (58, 1)


def test_a_release_without_a_request_has_none() -> None:
    assert Traffic(Runtime()).of("b") == (0, 0)
