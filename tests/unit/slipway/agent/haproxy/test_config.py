from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.agent.haproxy.config import (
    Configuration,
    Slot,
    commands,
    configure,
    first_error,
    last_errors,
    quoted,
)
from slipway.agent.haproxy.frontend import local_port
from slipway.errors import SlipwayError
from slipway.rollout.release import Health, Release, Service
from slipway.rollout.state import Proxy, Revision

PROXY = Proxy("haproxy", 80)
WEB = Service("web", "x@sha256:1", port=8000, replicas=2, health=Health(kind="http", path="/ready"))
API = Service("api", "x@sha256:1", port=9000, domains=("api.example.com", "a.example.com"))
WORKER = Service("worker", "x@sha256:1")
OLD = Revision(
    Release("shop", "v1", (WEB, API, WORKER)),
    "a",
    {"web-1": "10.0.0.10", "web-2": "10.0.0.11", "api-1": "10.0.0.12", "worker-1": "10.0.0.13"},
)
NEW = Revision(
    Release("shop", "v2", (WEB, API, WORKER)),
    "b",
    {"web-1": "10.0.0.20", "web-2": "10.0.0.21", "api-1": "10.0.0.22", "worker-1": "10.0.0.23"},
)

BODY = """\
frontend public
    bind :80
    http-request set-header X-Forwarded-Proto http unless { req.hdr(X-Forwarded-Proto) -m found }
    http-request disable-l7-retry unless { method GET HEAD OPTIONS }
    use_backend api if { req.hdr(host),field(1,:),lower -m str 'api.example.com' 'a.example.com' }
    default_backend web

backend api
    balance roundrobin
    server a1 10.0.0.12:9000 weight 256 track api:a/1
    server b1 0.0.0.0:1 weight 0 track api:b/1

backend api:a
    timeout check 2000ms
    server 1 10.0.0.12:9000 check

backend api:b
    timeout check 2000ms
    server 1 0.0.0.0:1 check disabled

backend web
    balance roundrobin
    server a1 10.0.0.10:8000 weight 256 track web:a/1
    server a2 10.0.0.11:8000 weight 256 track web:a/2
    server b1 0.0.0.0:1 weight 0 track web:b/1
    server b2 0.0.0.0:1 weight 0 track web:b/2

backend web:a
    timeout check 2000ms
    option httpchk
    http-check send meth GET uri '/ready' ver HTTP/1.1 hdr Host 'localhost' \
hdr X-Forwarded-Proto http hdr Connection close
    http-check expect status 200
    server 1 10.0.0.10:8000 check
    server 2 10.0.0.11:8000 check

backend web:b
    timeout check 2000ms
    option httpchk
    http-check send meth GET uri '/ready' ver HTTP/1.1 hdr Host 'localhost' \
hdr X-Forwarded-Proto http hdr Connection close
    http-check expect status 200
    server 1 0.0.0.0:1 check disabled
    server 2 0.0.0.0:1 check disabled
"""


VOTE = """\
    no log
    log stdout format raw local0 err
    log ring@exchanges format raw local0 info
    no option dontlog-normal
    option log-separate-errors
    log-format "%b/%s %ST %Tr %Ta %ts %ci %rt %HM %HPO"
    http-request return status 200 content-type text/plain lf-string \
"%[path,field(4,/),map(/etc/slipway/votes.map,unknown)]" if { path_beg /.well-known/slipway/ }
"""
PREVIEW = """\
frontend preview-b
    bind 127.0.0.1:9082
    use_backend api:b if { req.hdr(host),field(1,:),lower -m str 'api.example.com' 'a.example.com' }
    default_backend web:b
"""


def configured(
    weights: dict[str, int], *revisions: Revision, after_restart: dict[str, int] | None = None
) -> Configuration:
    kept = weights if after_restart is None else after_restart
    return configure(PROXY, revisions, weights, kept, identity=(1000, 1000))


def test_one_release_fills_one_set_of_slots() -> None:
    text = configured({OLD.id: 100}, OLD).text
    public, backends = BODY.split("\nbackend api\n")
    assert public.replace("    bind :80\n", f"    bind :80\n{VOTE}") in text
    assert text.endswith(f"\nbackend api\n{backends}")
    assert "    uid 1000\n    gid 1000\n" in text


def test_a_health_check_looks_like_a_request_of_a_user() -> None:
    web, api, _ = OLD.release.services
    checked = replace(api, health=Health("http", path="/up"))
    named = replace(web, health=replace(web.health, host="shop.example.com"))
    revision = replace(OLD, release=replace(OLD.release, services=(named, checked, WORKER)))
    proxy = replace(PROXY, https_port=443, certificate="c")
    weights = {revision.id: 100}
    text = configure(proxy, (revision,), weights, weights, identity=None).text
    for path, host in (("/up", "api.example.com"), ("/ready", "shop.example.com")):
        assert f"uri '{path}' ver HTTP/1.1 hdr Host '{host}' hdr X-Forwarded-Proto https" in text


def test_moving_traffic_keeps_the_shape() -> None:
    alone = configured({OLD.id: 100}, OLD)
    staged = configured({OLD.id: 100, NEW.id: 0}, OLD, NEW)
    switched = configured({OLD.id: 0, NEW.id: 100}, OLD, NEW)
    assert len({alone.shape, staged.shape, switched.shape}) == 1
    assert len({alone.text, staged.text, switched.text}) == 3


def test_another_port_of_the_proxy_is_another_shape() -> None:
    other = configure(
        replace(PROXY, http_port=81), (OLD,), {OLD.id: 100}, {OLD.id: 100}, identity=None
    )
    assert other.shape != configured({OLD.id: 100}, OLD).shape


def test_hosts_follow_the_release_that_has_the_traffic() -> None:
    moved = replace(API, domains=("new.example.com",))
    new = replace(NEW, release=Release("shop", "v3", (WEB, moved, WORKER)))
    staged = configured({OLD.id: 100, new.id: 0}, OLD, new)
    switched = configured({OLD.id: 0, new.id: 100}, OLD, new)
    public = [each.text.split("frontend preview-a")[0] for each in (staged, switched)]
    assert ["new.example.com" in text for text in public] == [False, True]


def test_each_release_is_checked_by_its_own_rule() -> None:
    checked = replace(WEB, health=Health(kind="http", path="/live", status=204))
    new = replace(NEW, release=Release("shop", "v3", (checked, API, WORKER)))
    text = configured({OLD.id: 100, new.id: 0}, OLD, new).text
    old_rule, new_rule = text.split("\nbackend web:a")[1].split("\nbackend web:b")
    assert "uri '/ready'" in old_rule
    assert "uri '/live'" in new_rule
    assert "expect status 204" in new_rule


def test_without_a_release_every_request_gets_the_503_page() -> None:
    text = configured({}).text
    assert "backend" not in text.split("frontend public")[1]
    assert 'http-error status 503 content-type text/plain string "No release serves here' in text


def test_a_switch_is_done_by_weights_and_the_new_gain_before_the_old_lose() -> None:
    before = configured({OLD.id: 100, NEW.id: 0}, OLD, NEW).slots
    after = configured({OLD.id: 0, NEW.id: 100}, OLD, NEW).slots
    assert told(before, after) == [
        "set server api/b1 weight 256",
        "set server web/b1 weight 256",
        "set server web/b2 weight 256",
        "set server api/a1 weight 0",
        "set server web/a1 weight 0",
        "set server web/a2 weight 0",
    ]


def test_a_slot_is_filled_before_it_is_enabled_and_emptied_after_it_is_disabled() -> None:
    alone = tuple(s for s in configured({OLD.id: 100}, OLD).slots if s.service == "api")
    both = tuple(
        s for s in configured({OLD.id: 100, NEW.id: 0}, OLD, NEW).slots if s.service == "api"
    )
    assert told(alone, both) == [
        "set server api:b/1 addr 10.0.0.22 port 9000",
        "set server api/b1 addr 10.0.0.22 port 9000",
        "set server api:b/1 state ready",
    ]
    assert told(both, alone) == [
        "set server api:b/1 state maint",
        "set server api:b/1 addr 0.0.0.0 port 1",
        "set server api/b1 addr 0.0.0.0 port 1",
    ]


def test_a_proxy_that_does_as_told_is_told_nothing() -> None:
    slots = configured({OLD.id: 100, NEW.id: 0}, OLD, NEW).slots
    assert told(slots, slots) == []


def test_text_for_the_configuration_is_quoted() -> None:
    assert quoted("/a b'c") == "'/a b'\"'\"'c'"
    with pytest.raises(SlipwayError, match="control characters"):
        quoted("/a\n    server evil 1.2.3.4:1")


def test_errors_are_found_in_haproxys_output() -> None:
    bind = "[ALERT]    (9) : Starting frontend public: cannot bind socket (Address already in use)"
    log = ["[NOTICE]   (1) : New worker (9) forked", bind, "[WARNING]  (8) : Resumed frontend b."]
    assert first_error(log) == last_errors(log) == bind
    assert first_error([]) == "it reported no reason"
    assert last_errors(["one", "two"]) == "one / two"


def test_ports_for_the_machine_alone_stay_within_those_that_exist() -> None:
    assert [local_port(80, use) for use in ("metrics", "a", "b")] == [9080, 9081, 9082]
    assert [local_port(60000, use) for use in ("metrics", "a", "b")] == [51000, 51001, 51002]
    assert local_port(65535 - 9003, "inner") == 65535
    assert local_port(65536 - 9003, "b") < 65536 - 9003


def test_a_release_on_trial_is_reached_on_a_port_of_its_colour() -> None:
    assert PREVIEW in configured({OLD.id: 100, NEW.id: 0}, OLD, NEW).text


def test_a_proxy_that_starts_anew_does_what_lasts() -> None:
    trial = configured({OLD.id: 0, NEW.id: 100}, OLD, NEW, after_restart={OLD.id: 100, NEW.id: 0})
    assert "server a1 10.0.0.10:8000 weight 256 " in trial.text
    assert "server b1 10.0.0.20:8000 weight 0 " in trial.text
    assert trial.shape == configured({OLD.id: 0, NEW.id: 100}, OLD, NEW).shape
    assert {slot.weight for slot in trial.slots if slot.colour == "b"} == {256}


@pytest.mark.parametrize("old", [1, 2, 5, 10])
@pytest.mark.parametrize("new", [1, 2, 5, 10])
@pytest.mark.parametrize("share", [5, 25, 50])
def test_a_share_is_of_the_requests_whatever_the_numbers_of_replicas(
    old: int, new: int, share: int
) -> None:
    weights = {"v1": 100 - share, "v2": share}
    own = split(old, new, weights)
    part = sum(slot.weight for slot in own if slot.colour == "b")
    assert 100 * part / sum(slot.weight for slot in own) == pytest.approx(share, abs=1.5)


def split(old: int, new: int, shares: dict[str, int]) -> tuple[Slot, ...]:
    """The slots of two releases with so many replicas; `shares` are by version."""
    revisions = tuple(
        Revision(
            Release("shop", version, (replace(WEB, replicas=count),)),
            colour,
            {f"web-{n}": f"10.0.{count}.{n}" for n in range(1, count + 1)},
        )
        for version, colour, count in (("v1", "a", old), ("v2", "b", new))
    )
    return configured({r.id: shares[r.release.version] for r in revisions}, *revisions).slots


def told(before: tuple[Slot, ...], after: tuple[Slot, ...]) -> list[str]:
    enabled = {slot.check: not slot.empty for slot in before}
    return commands(after, {slot.traffic: slot for slot in before}, enabled)
