"""HTTPS on a real server: taken up, renewed and refused while requests come in."""

from __future__ import annotations

import hashlib
import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.agent.host import FOLDER, AgentHost, release
from tests.certificates import pem

NAME = "shop.example.org"


@pytest.fixture
def secured(serving: AgentHost) -> Iterator[AgentHost]:
    """A server that serves v1, and does so without HTTPS when the test is over."""
    try:
        yield serving
    finally:
        assert serving.start(release("v1")).code == 0


def test_a_certificate_is_taken_up_renewed_and_refused_without_a_lost_request(
    secured: AgentHost,
) -> None:
    first, renewed = pem(NAME), pem(NAME, days=9)
    wrong = pem("other.example.org", days=-1, begun=30)
    plan = {"domains": (NAME,), **https(secured, wrong)}
    found = secured.call("preflight", release("v1"), **plan).error
    assert "proxy/certificate: certificate has expired" in found
    assert f"proxy/certificate: is not valid for {NAME}" in found
    stage(secured, first)
    address = secured.server.address
    assert seen(address) == (certificate_of(first), "h2")
    redirected = httpx.get(f"http://{address}/a?b=c", headers={"Host": NAME})
    assert redirected.status_code == 308
    assert redirected.headers["Location"] == f"https://{NAME}:8443/a?b=c"
    assert httpx.get(f"http://{address}/.well-known/slipway/none").text == "unknown"
    with asking(address) as answers:
        stage(secured, renewed)
    assert set(answers) == {"200 v1 max-age=600"}
    assert len(answers) > 3
    assert seen(address)[0] == certificate_of(renewed)
    folder = f"{FOLDER}/proxy/config"
    digest = hashlib.sha256(renewed.encode()).hexdigest()[:16]
    listed = secured.sh(f"cd {folder} && stat -c '%a %n' certificate-*")
    assert listed == f"600 certificate-{digest}.pem\n"
    status = secured.status()
    assert status.problems == ()
    assert "its certificate expires in 9 days" in status.warnings[0]
    refused = secured.start(release("v2"), **https(secured, "no certificate"))
    assert "[ALERT]" in refused.error
    assert "unable to load" in refused.error
    assert seen(address)[0] == certificate_of(renewed)
    assert secured.problems() == []


def test_clients_that_ask_too_much_are_refused_at_the_door(secured: AgentHost) -> None:
    settings = replace(secured.request("pull", release("v1")).proxy, rate_limit=1)
    limited = secured.start(release("v1"), proxy=replace(settings, body_limit=1000))
    assert limited.code == 0, limited.progress
    url = f"http://{secured.server.address}/"
    assert httpx.post(url, content=b"x" * 1001).status_code == 413
    answers = [httpx.get(url) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert answers[-1].headers["Retry-After"] == "10"
    assert httpx.get(f"{url}.well-known/slipway/none").text == "unknown"


def https(host: AgentHost, text: str) -> dict[str, Any]:
    """What the program's requests have for HTTPS on port 8443."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    plain = host.request("preflight", release("v1")).proxy
    secure = replace(plain, https_port=8443, certificate=digest, hsts=600)
    return {"certificate": text, "proxy": secure}


def stage(host: AgentHost, text: str) -> None:
    done = host.start(release("v1"), **https(host, text))
    assert done.code == 0, done.progress


def certificate_of(text: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert(text[: text.index("-----BEGIN PRIVATE")])


def context() -> ssl.SSLContext:
    found = ssl.create_default_context()
    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
    found.set_alpn_protocols(["h2", "http/1.1"])
    return found


def seen(address: str) -> tuple[bytes, str]:
    """The certificate that a client gets, and the protocol that is agreed on."""
    connection = http.client.HTTPSConnection(address, 8443, timeout=5, context=context())
    connection.connect()
    try:
        tls = connection.sock
        assert isinstance(tls, ssl.SSLSocket)
        return tls.getpeercert(binary_form=True) or b"", tls.selected_alpn_protocol() or ""
    finally:
        connection.close()


@contextmanager
def asking(address: str) -> Iterator[list[str]]:
    """One request after the other over HTTPS; each answer, or why there was none."""
    answers: list[str] = []
    end = threading.Event()

    def ask() -> None:
        with httpx.Client(verify=False, timeout=5) as client:  # noqa: S501 - nobody's certificate
            while not end.wait(0.02):
                try:
                    answer = client.get(f"https://{address}:8443/")
                    told = answer.headers.get("Strict-Transport-Security")
                    answers.append(f"{answer.status_code} {answer.text} {told}")
                except httpx.HTTPError as error:
                    answers.append(repr(error))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        end.set()
        thread.join(10)
