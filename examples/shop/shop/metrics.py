"""Counters and a latency histogram in Prometheus's text format."""

import threading
from bisect import bisect_left
from collections import Counter
from itertools import accumulate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """What the web process measures; safe for threads."""

    def __init__(self, version: str, release: str, server: str) -> None:
        self._identity = {"version": version, "release": release, "server": server}
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. `route` is a template: a path would grow without limit."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._buckets[bisect_left(BUCKETS, seconds)] += 1
            self._seconds += seconds

    def text(self) -> str:
        """All of it, as CONTENT_TYPE says."""
        with self._lock:
            requests = sorted(self._requests.items())
            buckets, seconds = list(accumulate(self._buckets)), self._seconds
        lines = [
            "# HELP shop_info The release that answers.",
            "# TYPE shop_info gauge",
            f"shop_info{_labels(self._identity)} 1",
            "# HELP shop_requests_total Requests answered.",
            "# TYPE shop_requests_total counter",
        ]
        for (method, route, status), total in requests:
            labels = {"method": method, "route": route, "status": str(status)}
            lines.append(f"shop_requests_total{_labels(labels)} {total}")
        lines += [
            "# HELP shop_request_seconds Time to answer a request.",
            "# TYPE shop_request_seconds histogram",
        ]
        for bound, total in zip((*map(str, BUCKETS), "+Inf"), buckets, strict=True):
            lines.append(f"shop_request_seconds_bucket{_labels({'le': bound})} {total}")
        lines += [
            f"shop_request_seconds_sum {seconds:.6f}",
            f"shop_request_seconds_count {buckets[-1]}",
        ]
        return "\n".join(lines) + "\n"


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
