"""Who gets in, and how: HTTPS, redirects and limits as HAProxy is told."""

from __future__ import annotations

from dataclasses import replace

from slipway.agent.haproxy.frontend import head, inner_port, ports
from slipway.rollout.state import Proxy

PLAIN = Proxy("haproxy", 80)
SECURE = replace(PLAIN, https_port=443, certificate="ab12")


def public(proxy: Proxy) -> list[str]:
    """The lines of the frontend that users meet."""
    lines = head(proxy, "-", None)
    return [line.strip() for line in lines[lines.index("frontend public") :]]


def test_http_alone_is_neither_redirected_nor_limited() -> None:
    lines = public(PLAIN)
    assert not any(word in line for line in lines for word in ("ssl", "redirect", "429", "413"))
    assert inner_port(PLAIN) == 80
    assert ports(PLAIN) == [80, 9080, 9081, 9082]


def test_a_certificate_brings_https_with_http_2() -> None:
    lines = public(SECURE)
    assert "bind :443 ssl crt /etc/slipway/certificate-ab12.pem alpn h2,http/1.1" in lines
    assert "ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets" in "\n".join(
        head(SECURE, "-", None)
    )
    assert ports(SECURE) == [80, 443, 9080, 9081, 9082, 9083]


def test_another_certificate_is_another_configuration() -> None:
    assert public(SECURE) != public(replace(SECURE, certificate="cd34"))


def test_votes_are_told_before_any_redirect_or_limit() -> None:
    lines = public(replace(SECURE, rate_limit=5, body_limit=1000))
    vote, *rules = [line for line in lines if line.startswith("http-request ")]
    assert "path_beg /.well-known/slipway/" in vote
    assert any("redirect" in rule for rule in rules)
    assert any("429" in rule for rule in rules)


def test_the_redirect_names_a_port_that_is_not_the_usual_one() -> None:
    def location(proxy: Proxy) -> str:
        [line] = [line for line in public(proxy) if "redirect" in line]
        return line.split('"')[1]

    assert location(SECURE) == "https://%[req.hdr(host),host_only]%[pathq]"
    other = replace(SECURE, https_port=8443)
    assert location(other) == "https://%[req.hdr(host),host_only]:8443%[pathq]"
    assert not any("redirect" in line for line in public(replace(SECURE, redirect=False)))


def test_what_the_server_itself_asks_is_not_redirected() -> None:
    [line] = [line for line in public(SECURE) if "redirect" in line]
    assert f"!{{ dst_port {inner_port(SECURE)} }}" in line
    assert f"bind 127.0.0.1:{inner_port(SECURE)}" in public(SECURE)


def test_the_application_is_told_the_scheme_and_strangers_are_not_believed() -> None:
    believed = "unless { req.hdr(X-Forwarded-Proto) -m found }"
    assert any(line.endswith(believed) for line in public(PLAIN))
    assert not any(line.endswith(believed) for line in public(SECURE))


def test_browsers_are_told_to_use_https_only_where_that_is_wanted() -> None:
    told = 'set-header Strict-Transport-Security "max-age=600" if { ssl_fc }'
    assert f"http-response {told}" in public(replace(SECURE, hsts=600))
    assert not any("Strict-Transport-Security" in line for line in public(SECURE))


def test_a_clients_rate_is_counted_over_ten_seconds() -> None:
    lines = public(replace(PLAIN, rate_limit=5))
    assert any("hdr Retry-After 10 if { sc_http_req_rate(0) gt 50 }" in line for line in lines)


def test_limits_of_size_and_number_are_those_of_the_settings() -> None:
    chosen = replace(PLAIN, body_limit=1000, max_connections=99)
    assert any("status 413" in line and "gt 1000 }" in line for line in public(chosen))
    assert "    maxconn 99" in head(chosen, "-", None)
