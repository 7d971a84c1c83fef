"""What a hold sees: each fault ends it, and a quiet time passes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import pytest

from slipway.agent.health import ContainerError, Subject
from slipway.agent.health.bake import Hold, ReleaseError, bake
from slipway.agent.health.log_errors import LogErrors, checker
from slipway.agent.health.measure import measure
from slipway.rollout.release import Health
from slipway.rollout.watch import LOG_ERRORS, Watch
from tests.unit.slipway.agent.fake_engine import Containers

SUBJECTS = [Subject("shop-web-1", "web-1", Health()), Subject("shop-web-2", "web-2", Health())]
SECRET = "hunter2-is-secret"


class Proxy:
    """Counters of slot b1, the new release's, and of a1, the old one's."""

    def __init__(self, *, new: tuple[int, int] = (0, 0), old: tuple[int, int] = (0, 0)) -> None:
        self.new, self.old = new, old
        self.begun, self.took = False, 20  # milliseconds
        self.down = "a"  # the colour whose second container fails the proxy's checks

    def statistics(self) -> Iterable[Mapping[str, str]]:
        """Nothing at first, so that all of it belongs to the hold."""
        begun, self.begun = self.begun, True
        for slot, answers in (("b1", self.new), ("a1", self.old)):
            good, bad = answers if begun else (0, 0)
            row = {"pxname": "web", "svname": slot, "hrsp_2xx": str(good), "hrsp_5xx": str(bad)}
            yield {**row, "econ": "", "eresp": "0"}
        yield {"pxname": "web:b", "svname": "1", "hrsp_2xx": "", "hrsp_5xx": "77", "status": "UP"}
        yield {"pxname": f"web:{self.down}", "svname": "2", "hrsp_2xx": "", "status": "DOWN"}

    def exchanges(self) -> list[str]:
        """As many as there are answers, of which the new release's take `self.took` each."""
        lines = [f"web/b1 200 {self.took} 25 -- 10.0.0.9 {n} GET /" for n in range(sum(self.new))]
        return [*lines, *(f"web/a1 200 20 25 -- 10.0.0.9 O{n} GET /" for n in range(200))]


@pytest.fixture
def engine() -> Containers:
    return Containers("shop-web-1", "shop-web-2", environment=(f"TOKEN={SECRET}",))


BEGAN: Final = time.time()
"""When the holds begin, so that no line lies before one only because the machine was busy."""


def hold(
    engine: Containers,
    proxy: Proxy | None = None,
    *,
    seconds: float = 0.2,
    since: float = BEGAN,
    **watch: Any,
) -> str:
    wanted = Watch(**watch)
    count = measure(engine, proxy or Proxy(), SUBJECTS, wanted, "b")
    span = Hold(seconds, wanted, since)
    told: list[str] = []
    verdict = bake(engine, SUBJECTS, span, count, told.append)
    return "; ".join([*told, str(verdict)])


def later(change: Callable[[], object]) -> None:
    threading.Timer(0.1, change).start()


def test_a_quiet_time_passes_and_lasts_as_long_as_it_was_told(engine: Containers) -> None:
    began = time.monotonic()
    assert hold(engine, Proxy(new=(40, 0))) == "0 of 40 requests failed"
    assert 0.2 <= time.monotonic() - began < 2


def test_a_restart_fails_it_even_when_the_container_is_up_again(engine: Containers) -> None:
    later(lambda: engine.found["shop-web-2"].update(RestartCount=1))
    with pytest.raises(ContainerError, match="web-2 restarted after it was ready"):
        hold(engine, seconds=5)


def test_a_restart_before_it_fails_it_too(engine: Containers) -> None:
    engine.found["shop-web-2"].update(RestartCount=1)
    with pytest.raises(ContainerError, match="web-2 restarted after it was ready"):
        hold(engine)


def test_a_container_that_fell_over_is_told_rather_than_the_requests_that_failed_by_it(
    engine: Containers,
) -> None:
    class Falling(Proxy):
        def statistics(self) -> Iterable[Mapping[str, str]]:
            engine.found["shop-web-2"].update(RestartCount=int(self.begun))
            return super().statistics()

    with pytest.raises(ContainerError, match="web-2 restarted after it was ready"):
        hold(engine, Falling(new=(50, 50)))


def test_an_exit_fails_it_with_the_last_line_masked(engine: Containers) -> None:
    engine.say("shop-web-1", f"cannot go on with {SECRET}", 0)
    state = engine.found["shop-web-1"]["State"]
    later(lambda: state.update(Status="exited", ExitCode=4))
    with pytest.raises(ContainerError) as caught:
        hold(engine, seconds=5)
    assert "web-1 exited (4), after it was ready; last line: cannot go on with ***" in str(
        caught.value
    )


def test_an_unhealthy_container_fails_it_once_it_stays_so(engine: Containers) -> None:
    health = {"Status": "unhealthy"}
    engine.found["shop-web-1"]["State"]["Health"] = health
    with pytest.raises(ContainerError, match="container health is unhealthy"):
        hold(engine)
    later(lambda: health.update(Status="healthy"))
    hold(engine, seconds=2)


def test_a_container_that_the_proxy_takes_out_fails_it_at_once(engine: Containers) -> None:
    proxy = Proxy()
    hold(engine, proxy)  # the old release's is none of it
    proxy.down = "b"
    began = time.monotonic()
    with pytest.raises(ContainerError, match="web-2 fails the proxy's health checks"):
        hold(engine, proxy, seconds=30)
    assert time.monotonic() - began < 5


def test_an_error_line_fails_it_and_is_told_masked(engine: Containers) -> None:
    later(lambda: engine.say("shop-web-2", f"ERROR no seat for {SECRET}", time.time()))
    with pytest.raises(ContainerError) as caught:
        hold(engine, seconds=5)
    assert "web-2 logged an error during the bake time: ERROR no seat for ***" in str(caught.value)
    assert caught.value.log == ["web-2 | ERROR no seat for ***"]


@pytest.mark.parametrize(
    "line",
    [
        "2026-01-01 CRITICAL disk",
        "Traceback (most recent call last):",
        "panic: runtime error",
        '{"level": "error", "msg": "no"}',
        '{"severity":"fatal"}',
    ],
)
def test_what_errors_commonly_look_like_is_known(engine: Containers, line: str) -> None:
    engine.say("shop-web-1", line, BEGAN + 0.05)
    with pytest.raises(ContainerError):
        hold(engine)


@pytest.mark.parametrize("line", ["no ERRORS found", "GET /error 200", '{"level": "info"}'])
def test_what_only_resembles_an_error_is_none(engine: Containers, line: str) -> None:
    engine.say("shop-web-1", line, BEGAN + 0.05)
    hold(engine)


def test_lines_of_before_the_switch_do_not_count(engine: Containers) -> None:
    engine.say("shop-web-1", "ERROR while it warmed up", BEGAN - 0.5)
    hold(engine)


def test_lines_between_the_switch_and_the_hold_count(engine: Containers) -> None:
    engine.say("shop-web-1", "ERROR at once", BEGAN - 0.5)
    with pytest.raises(ContainerError):
        hold(engine, since=BEGAN - 1)


def test_as_many_error_lines_as_are_put_up_with_pass_and_each_counts_once(
    engine: Containers,
) -> None:
    for number in range(3):
        engine.say("shop-web-1", f"ERROR {number}", BEGAN + 0.05)
    hold(engine, seconds=1.2, log_error_limit=3)
    engine.say("shop-web-2", "ERROR 3", BEGAN + 0.05)
    with pytest.raises(ContainerError, match=r"logged error number 3 during the bake time, 2 are"):
        hold(engine, log_error_limit=2)


def test_no_pattern_means_no_line_is_an_error(engine: Containers) -> None:
    engine.say("shop-web-1", "ERROR", BEGAN + 0.05)
    hold(engine, log_errors=None)


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ('{"level": "INFO", "message": "no ERROR found"}', False),
        ('{"level": "ERROR", "message": "disk"}', True),
        ('{"lvl": 50, "msg": "disk"}', True),
        ('{"level": 30, "msg": "Traceback"}', False),
        ('ts=1 level=info msg="ERROR in a comment"', False),
        ("ts=1 level=error msg=disk", True),
        ('{"message": "ERROR without a level"}', True),
        ('{"broken ERROR', True),
    ],
)
def test_the_level_that_a_line_has_decides(engine: Containers, line: str, bad: bool) -> None:
    assert checker(LOG_ERRORS)(line) == bad


def test_a_pattern_of_ones_own_is_all_that_counts() -> None:
    assert checker("disk")('{"level": "info", "message": "disk"}')
    assert not checker("disk")('{"level": "error"}')


def test_errors_that_the_old_release_logs_too_do_not_count(engine: Containers) -> None:
    usual = "ERROR Invalid HTTP_HOST header: '{}'. You may need to add it ({})"
    engine.say("shop-web-1", usual.format("10.0.0.1", 4711), BEGAN - 60)
    engine.say("shop-web-2", usual.format("evil.example", 12), BEGAN + 0.05)
    wanted = Watch()
    errors = LogErrors(engine, SUBJECTS[1:], wanted, BEGAN, SUBJECTS[:1])
    errors.check()
    assert errors.count == 0
    engine.say("shop-web-2", "ERROR another one", time.time())
    with pytest.raises(ContainerError, match="ERROR another one"):
        errors.check()


def test_an_old_container_that_is_gone_hides_nothing(engine: Containers) -> None:
    gone = Subject("shop-web-0", "web-0", Health())
    errors = LogErrors(engine, SUBJECTS, Watch(), BEGAN, [gone])
    engine.say("shop-web-2", "ERROR", BEGAN + 0.05)
    with pytest.raises(ContainerError):
        errors.check()


def test_too_many_errors_at_the_proxy_fail_it_at_once(engine: Containers) -> None:
    began = time.monotonic()
    with pytest.raises(ReleaseError, match=r"3.00% of the requests failed \(30 of 1000; at most 1"):
        hold(engine, Proxy(new=(970, 30), old=(0, 9000)), seconds=30)
    assert time.monotonic() - began < 5


def test_the_old_releases_errors_are_not_the_new_ones(engine: Containers) -> None:
    assert hold(engine, Proxy(new=(500, 0), old=(0, 500))) == "0 of 500 requests failed"


def test_a_canary_is_held_on_until_it_has_enough_requests(engine: Containers) -> None:
    proxy = Proxy(new=(20, 0))
    threading.Timer(2, lambda: setattr(proxy, "new", (300, 0))).start()
    told = hold(engine, proxy, analyse=True)
    assert told == (
        "prolonging the hold to 1800 s at most: only 20 requests of the 100 that a verdict needs; "
        "0 of 300 requests failed, p95 20 ms, processor 0%"
    )


@pytest.mark.parametrize("rule", [{"too_few": "hold", "hold_limit": 0.5}, {"too_few": "fail"}])
def test_a_canary_of_which_too_little_was_seen_never_passes(
    engine: Containers, rule: dict[str, Any]
) -> None:
    with pytest.raises(ReleaseError, match="only 20 requests of the 100"):
        hold(engine, Proxy(new=(20, 0)), analyse=True, p95=None, **rule)


def test_a_canary_that_needs_too_much_processor_fails(engine: Containers) -> None:
    engine.found["shop-web-2"]["HostConfig"]["NanoCpus"] = 500_000_000
    later(lambda: engine.used.update({"shop-web-2": 40.0}))
    with pytest.raises(ReleaseError, match="of its processor share"):
        hold(engine, Proxy(new=(500, 0)), analyse=True, p95=None, seconds=2)


def test_a_canary_that_answers_slowly_fails(engine: Containers) -> None:
    proxy = Proxy()
    proxy.took = 900
    later(lambda: setattr(proxy, "new", (300, 0)))
    with pytest.raises(ReleaseError, match=r"p95 is 8\d\d ms \(at most 500 ms\)|p95 is 9"):
        hold(engine, proxy, analyse=True, seconds=20)
