"""Check a certificate by a TLS handshake in memory, as a browser would do it."""

from __future__ import annotations

import re
import ssl
import tempfile
import time
from collections.abc import Sequence
from typing import Any

DAY = 86400  # seconds
ROUNDS = 10  # of a handshake; TLS 1.3 needs three
PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN: Python names it from 3.10 on
FIRST = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def faults(pem: str, domains: Sequence[str]) -> list[str]:
    """Why `pem` (certificate, chain and key) cannot be used for `domains`; empty when it can.

    Whether browsers trust its issuer is not checked.
    """
    own = FIRST.search(pem)
    if own is None:
        return ["contains no certificate in PEM format"]
    try:
        server = _server(pem)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return ["its key does not match"]
        return [f"cannot be used with its key ({error.reason or error})"]
    found = [_fault(server, own[0], name) for name in ["", *domains]]  # by itself first
    return [fault for fault in dict.fromkeys(found) if fault]


def _fault(server: ssl.SSLContext, own: str, name: str) -> str:
    """Why a client rejects the certificate for `name`."""
    try:
        _handshake(server, own, name)
    except ssl.SSLCertVerificationError as error:
        reason = error.verify_message.rstrip(".")
        return f"is not valid for {name}" if "mismatch" in reason else reason
    return ""


def expires(pem: str) -> float:
    """When a certificate expires, in seconds since the epoch; 0 for one that cannot be used."""
    own = FIRST.search(pem)
    try:
        found = _handshake(_server(pem), own[0] if own else "", "")
    except (ssl.SSLError, ValueError):
        return 0.0
    return float(ssl.cert_time_to_seconds(found["notAfter"]))


def warnings(pem: str, before: int) -> list[str]:
    """The warning about a certificate that expires within `before` days."""
    left = expires(pem) - time.time()
    if left >= before * DAY:
        return []
    what = f"expires in {left / DAY:.0f} days" if left > 0 else "has expired or cannot be used"
    return [f"proxy: its certificate {what}. Renew the secret, then run `pulumi up`"]


def _server(pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as file:  # 0600; the module reads files only
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name, password=lambda: "")  # without it, it would prompt
    return context


def _handshake(server: ssl.SSLContext, own: str, name: str) -> dict[str, Any]:
    """The certificate as a client gets it that trusts only this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = bool(name)
    context.load_verify_locations(cadata=own)
    context.verify_flags |= PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=name or None)
    peer = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(ROUNDS):
        if _continue_handshake(client):
            break
        _continue_handshake(peer)
    return client.getpeercert() or {}


def _continue_handshake(side: ssl.SSLObject) -> bool:
    """Whether the handshake is complete."""
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
