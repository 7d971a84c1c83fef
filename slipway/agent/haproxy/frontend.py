"""HAProxy's configuration before the backends: global settings and frontends.

One frontend accepts requests over HTTP and, with a certificate, over HTTPS with HTTP/2. Other
servers' requests for votes are answered first, without redirects and limits.
"""

from __future__ import annotations

from slipway.rollout.state import Proxy

LOCAL_OFFSET = 9000  # ports on 127.0.0.1 lie this far above or below the public one
# The exporter, a preview of each colour, and with HTTPS the public frontend without a redirect.
LOCAL_PORTS = {"metrics": 0, "a": 1, "b": 2, "inner": 3}
FOLDER = "/etc/slipway"  # inside the container
SOCKET = "/var/run/slipway/haproxy.sock"
VOTES = f"{FOLDER}/votes.map"
VOTE_PATH = "/.well-known/slipway/"  # RFC 8615; the rest of the path cannot be guessed
RING = "exchanges"  # the last few thousand requests, one on a line, from which latencies are read
UNREADY = "No release serves here at the moment."
RATE_SPAN = 10  # seconds over which a client's requests are counted
CLIENTS = 100_000  # addresses counted at most; 10 MB

# "Intermediate" of Mozilla's Server Side TLS 5.7: all browsers of the last ten years.
_SECURITY = """\
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:\
TLS_CHACHA20_POLY1305_SHA256
    ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:\
ECDHE-RSA-CHACHA20-POLY1305
"""
_VOTE = (
    "http-request return status 200 content-type text/plain "
    f'lf-string "%[path,field(4,/),map({VOTES},unknown)]" if {{ path_beg {VOTE_PATH} }}'
)
_HEAD = """\
# Written by Slipway from its state; changes by hand are undone by the next rollout.
global
    description {shape}
    log stdout format raw local0 info
    maxconn {connections}
    hard-stop-after {drain}ms
    stats socket {socket} mode 660 level admin expose-fd listeners
{security}{identity}
defaults
    mode http
    log global
    option httplog
    option dontlog-normal
    option forwardfor
    option redispatch 1
    option idle-close-on-response
    retries 3
    retry-on conn-failure empty-response
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout queue 10s
    timeout http-request 10s
    timeout http-keep-alive 60s
    timeout tunnel 1h
    default-server inter 1s fastinter 250ms fall 3 rise 1
    http-error status 503 content-type text/plain string "{unready}"

ring {ring}
    format raw
    maxlen 512
    size 262144

.if feature(PROMEX)
frontend metrics
    bind 127.0.0.1:{metrics}
    http-request use-service prometheus-exporter if {{ path /metrics }}
.endif

frontend public
    bind :{port}
{secure}    no log
    log stdout format raw local0 err
    log ring@{ring} format raw local0 info
    no option dontlog-normal
    option log-separate-errors
    log-format "%b/%s %ST %Tr %Ta %ts %ci %rt %HM %HPO"
    {vote}
{rules}    http-request disable-l7-retry unless {{ method GET HEAD OPTIONS }}
"""


def local_port(http_port: int, use: str) -> int:
    """Where the proxy listens on 127.0.0.1 for one of LOCAL_PORTS."""
    ports = range(http_port + LOCAL_OFFSET, http_port + LOCAL_OFFSET + len(LOCAL_PORTS))
    first = ports.start if ports.stop <= 65536 else http_port - LOCAL_OFFSET
    return first + LOCAL_PORTS[use]


def inner_port(proxy: Proxy) -> int:
    """The port for this server's own requests to the public frontend, without TLS and redirects."""
    return local_port(proxy.http_port, "inner") if proxy.https_port else proxy.http_port


def ports(proxy: Proxy) -> list[int]:
    """All ports that the proxy listens on."""
    uses = [use for use in LOCAL_PORTS if use != "inner" or proxy.https_port]
    secure = [proxy.https_port] if proxy.https_port else []
    return [proxy.http_port, *secure, *(local_port(proxy.http_port, use) for use in uses)]


def certificate_name(digest: str) -> str:
    """The file of a certificate: a new certificate has a new file, and so a new shape."""
    return f"certificate-{digest}.pem"


def head(proxy: Proxy, shape: str, identity: tuple[int, int] | None) -> list[str]:
    """The lines before those that route requests to services."""
    who = f"    uid {identity[0]}\n    gid {identity[1]}\n" if identity else ""
    text = _HEAD.format(
        shape=shape,
        connections=proxy.max_connections,
        drain=round(proxy.drain * 1000),
        socket=SOCKET,
        security=_SECURITY if proxy.https_port else "",
        identity=who,
        unready=UNREADY,
        port=proxy.http_port,
        secure="".join(f"    {line}\n" for line in _secure(proxy)),
        metrics=local_port(proxy.http_port, "metrics"),
        vote=_VOTE,
        ring=RING,
        rules="".join(f"    {line}\n" for line in [*_limits(proxy), *_scheme(proxy)]),
    )
    return text.splitlines()


def preview_head(proxy: Proxy, colour: str) -> list[str]:
    """A local frontend for smoke tests; to the application it looks like the public one."""
    lines = [
        f"frontend preview-{colour}",
        f"    bind 127.0.0.1:{local_port(proxy.http_port, colour)}",
    ]
    secure = ["    http-request set-header X-Forwarded-Proto https"] if proxy.https_port else []
    return lines + secure


def _secure(proxy: Proxy) -> list[str]:
    if not proxy.https_port:
        return []
    file = f"{FOLDER}/{certificate_name(proxy.certificate)}"
    return [
        f"bind :{proxy.https_port} ssl crt {file} alpn h2,http/1.1",
        f"bind 127.0.0.1:{inner_port(proxy)}",
    ]


def _limits(proxy: Proxy) -> list[str]:
    """The proxy itself refuses requests over these limits."""
    lines = []
    if proxy.rate_limit:
        over = f"sc_http_req_rate(0) gt {proxy.rate_limit * RATE_SPAN}"
        kept = f"size {CLIENTS} expire {2 * RATE_SPAN}s store http_req_rate({RATE_SPAN}s)"
        lines += [
            f"stick-table type ipv6 {kept}",
            "http-request track-sc0 src,ipmask(32,64)",
            _refusal(429, "Too many requests.", over, f" hdr Retry-After {RATE_SPAN}"),
        ]
    if proxy.body_limit:
        too_large = f"req.hdr_val(content-length) gt {proxy.body_limit}"
        lines.append(_refusal(413, "The request is too large.", too_large))
    return lines


def _refusal(status: int, words: str, condition: str, header: str = "") -> str:
    answer = f'http-request return status {status} content-type text/plain string "{words}"'
    return f"{answer}{header} if {{ {condition} }}"


def _scheme(proxy: Proxy) -> list[str]:
    """X-Forwarded-Proto for the application, and the redirect from HTTP to HTTPS.

    Without a certificate there may be another proxy in front, and its header is kept.
    """
    header = "http-request set-header X-Forwarded-Proto"
    if not proxy.https_port:
        return [f"{header} http unless {{ req.hdr(X-Forwarded-Proto) -m found }}"]
    inner = f"{{ dst_port {inner_port(proxy)} }}"
    plain = f"!{{ ssl_fc }} !{inner}"
    lines = [f"{header} https unless {plain}", f"{header} http if {plain}"]
    if proxy.redirect:
        port = "" if proxy.https_port == 443 else f":{proxy.https_port}"
        lines.append(
            f'http-request redirect code 308 location "https://%[req.hdr(host),host_only]{port}'
            f'%[pathq]" if {plain}'
        )
    if proxy.hsts:
        value = f'"max-age={proxy.hsts}"'
        lines.append(f"http-response set-header Strict-Transport-Security {value} if {{ ssl_fc }}")
    return lines
