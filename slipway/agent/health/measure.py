"""Requests, errors and latencies of the new and the old release, measured at the proxy."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from slipway.agent.engine.client import Engine
from slipway.agent.haproxy.config import COLOURS
from slipway.agent.health import Subject
from slipway.rollout import analysis
from slipway.rollout.analysis import Sample, Verdict
from slipway.rollout.histogram import Histogram
from slipway.rollout.watch import Watch

RESPONSES = tuple(f"hrsp_{kind}" for kind in ("1xx", "2xx", "3xx", "4xx", "5xx", "other"))
FAILED = ("hrsp_5xx", "econ", "eresp")  # 5xx, or no answer


class Proxy(Protocol):
    """The part of the proxy's Runtime API that is needed here."""

    def statistics(self) -> Iterable[Mapping[str, str]]: ...
    def exchanges(self) -> Iterable[str]: ...


class Traffic:
    """Requests and errors of each colour since this object was created.

    The proxy resets its counters when it is reloaded, so they are read often and added up.
    """

    def __init__(self, runtime: Proxy) -> None:
        self.runtime = runtime
        self._before = _counters(runtime.statistics())
        self._total: dict[str, tuple[int, int]] = {}
        self._down: dict[str, list[str]] = {}  # by colour

    def update(self) -> None:
        """Add what happened since the last update. Raises SlipwayError without an answer."""
        rows = list(self.runtime.statistics())
        self._down = {colour: _down(rows, colour) for colour in COLOURS}
        now = _counters(rows)
        for slot, (requests, errors) in now.items():
            before = self._before.get(slot, (0, 0))
            if requests < before[0] or errors < before[1]:
                before = (0, 0)
            sums = self._total.get(slot[1], (0, 0))
            self._total[slot[1]] = (sums[0] + requests - before[0], sums[1] + errors - before[1])
        self._before = now

    def of(self, colour: str) -> tuple[int, int]:
        """Requests and errors of the release of this colour."""
        return self._total.get(colour, (0, 0))

    def down(self, colour: str) -> list[str]:
        """The containers of the release of this colour that fail the proxy's health checks."""
        return self._down.get(colour, [])


def _counters(rows: Iterable[Mapping[str, str]]) -> dict[tuple[str, str, str], tuple[int, int]]:
    """By service, colour and replica; the backends that only check have a colon in the name."""
    return {
        (row["pxname"], row["svname"][0], row["svname"][1:]): _counted(row)
        for row in rows
        if ":" not in row["pxname"]
    }


def _down(rows: Iterable[Mapping[str, str]], colour: str) -> list[str]:
    """`SERVICE-REPLICA` of each slot that is checked and down."""
    checked = [row for row in rows if row["pxname"].endswith(f":{colour}")]
    down = [row for row in checked if row.get("status", "").startswith("DOWN")]
    return [f"{row['pxname'].partition(':')[0]}-{row['svname']}" for row in down]


def _counted(row: Mapping[str, str]) -> tuple[int, int]:
    failed = sum(_number(row, key) for key in FAILED)
    answered = sum(_number(row, key) for key in RESPONSES)
    return answered + failed - _number(row, "hrsp_5xx"), failed


def _number(row: Mapping[str, str], key: str) -> int:
    return int(row.get(key) or 0)


class Latencies:
    """Times to first byte of each colour since this object was created.

    The proxy keeps the last few thousand requests: where more come between two updates, the last
    ones are a sample of all.
    """

    def __init__(self, runtime: Proxy) -> None:
        self.runtime = runtime
        self._seen = set(runtime.exchanges())
        self._found: dict[str, Histogram] = {}

    def update(self) -> None:
        """Add what happened since the last update. Raises SlipwayError without an answer."""
        lines = set(self.runtime.exchanges())
        for colour, seconds in map(_timed, lines - self._seen):
            if seconds is not None:
                self._found.setdefault(colour, Histogram()).add(seconds)
        self._seen = lines

    def of(self, colour: str) -> Histogram:
        """Latencies of the release of this colour."""
        return self._found.get(colour) or Histogram()


def _timed(line: str) -> tuple[str, float | None]:
    """Colour and seconds of a line like "web/b1 200 12 13 -- 10.0.0.9 01F4 GET /"."""
    server, _, milliseconds = line.split(" ", 3)[:3] if line.count(" ") > 2 else ("", "", "-1")
    known = milliseconds.isdecimal()  # -1: there was no answer
    return server.rpartition("/")[2][:1], int(milliseconds) / 1000 if known else None


class Processor:
    """The busiest container's share of its processor limit since this object was created."""

    def __init__(self, engine: Engine, subjects: Iterable[Subject]) -> None:
        self.engine = engine
        self._began = time.monotonic()
        self._before = {each.name: self._used(each.name) for each in subjects}

    def share(self) -> float | None:
        """None without containers. Without a limit all processors count."""
        seconds = time.monotonic() - self._began
        shares = [
            (self._used(name) - before) / (self._allowed(name) * seconds)
            for name, before in self._before.items()
        ]
        return max(shares, default=None)

    def _used(self, name: str) -> float:
        """Processor seconds since the container started."""
        return float(self._stats(name)["cpu_usage"]["total_usage"]) / 1e9

    def _allowed(self, name: str) -> float:
        found = self.engine.inspect(name) or {}
        limit = found.get("HostConfig", {}).get("NanoCpus") or 0
        return limit / 1e9 or float(self._stats(name).get("online_cpus") or 1)

    def _stats(self, name: str) -> Mapping[str, Any]:
        query = {"stream": "false", "one-shot": "true"}
        stats: Mapping[str, Any] = self.engine.get(f"/containers/{name}/stats", **query)[
            "cpu_stats"
        ]
        return stats


class Measure:
    """Everything that a hold measures of the new and of the old release."""

    def __init__(
        self,
        watch: Watch,
        traffic: Traffic,
        latencies: Latencies | None,
        processor: Processor | None,
        new: str,
    ) -> None:
        """`new` is the colour of the new release; the old release has the other one."""
        self.watch, self.traffic, self.latencies = watch, traffic, latencies
        self.processor = processor
        self._new, self._old = new, next(colour for colour in COLOURS if colour != new)

    def update(self) -> Verdict:
        """Measure; the verdict fails for a release that has certainly failed."""
        self.traffic.update()
        if self.latencies:
            self.latencies.update()
        return analysis.alarm(self._sample(self._new), self.watch)

    @property
    def down(self) -> list[str]:
        """The containers of the new release that fail the proxy's health checks."""
        return self.traffic.down(self._new)

    def verdict(self) -> Verdict:
        """The verdict on what was measured so far."""
        cpu = self.processor.share() if self.processor else None
        new = replace(self._sample(self._new), cpu=cpu)
        return analysis.judge(new, self._sample(self._old), self.watch)

    def _sample(self, colour: str) -> Sample:
        requests, errors = self.traffic.of(colour)
        return Sample(
            requests, errors, self.latencies.of(colour) if self.latencies else Histogram()
        )


def measure(
    engine: Engine, runtime: Proxy, subjects: Iterable[Subject], watch: Watch, new: str
) -> Measure:
    """Begin to measure the release of colour `new`."""
    latencies = Latencies(runtime) if watch.analyse or watch.p95 is not None else None
    processor = Processor(engine, subjects) if watch.analyse else None
    return Measure(watch, Traffic(runtime), latencies, processor, new)
